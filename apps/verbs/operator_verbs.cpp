#include "apps/verbs/operator_verbs.hpp"

#include "apps/host/connect_host.hpp"
#include "apps/reports/audit_document.hpp"
#include "apps/settings/command_settings.hpp"
#include "apps/settings/load_settings.hpp"
#include "apps/verbs/command_line.hpp"
#include "apps/verbs/limits_set_command.hpp"
#include "messages/numbers.hpp"
#include "messages/utf8.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/settings/text_fault.hpp"

#include <fmt/format.h>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace tickmesh {

namespace {

std::optional<order_id> parse_order_id(std::string_view text) {
  std::uint64_t value = 0;
  if (text.size() != 17 || text.front() != 'O') return std::nullopt;
  auto* end = text.data() + text.size();
  auto [last, error] = std::from_chars(text.data() + 1, end, value, 16);
  if (error != std::errc{} || last != end) return std::nullopt;
  return order_id{value};
}

/// `user@host`, of whoever runs this.
std::string user_and_host() {
  auto* user = getpwuid(geteuid());
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {"?"};
  return fmt::format("{}@{}", user != nullptr ? user->pw_name : std::to_string(geteuid()),
                     host.data());
}

/// A fault of a flag, told as those of all verbs; the flag has no value then.
std::nullopt_t refuse(std::string_view flag, std::string_view value, std::string_view allowed) {
  fmt::print(stderr, "tickmesh: {} = {}: allowed: {}\n", flag, value, allowed);
  return std::nullopt;
}

/// A price, which may be below 0.
std::optional<std::int64_t> any_decimal(std::string_view flag, const std::string& text) {
  auto value = parse_decimal(text);
  if (!value) return refuse(flag, text, "a number of up to 8 decimals");
  return value;
}

std::optional<std::int64_t> positive_decimal(std::string_view flag, const std::string& text) {
  auto value = parse_decimal(text);
  if (!value || *value <= 0) return refuse(flag, text, "a number above 0 of up to 8 decimals");
  return value;
}

result<endpoint> exec_address(const std::string& text) {
  auto parsed = parse_endpoint(text);
  if (!parsed) return fail(fmt::format("--exec = {}: {}", text, parsed.error().message));
  return *parsed;
}

void print_outcome(const execution_place& place, const operator_outcome& outcome) {
  fmt::print("{} at {}:{}: {}{}\n", format_slot(place.slot), place.host.address, place.host.port,
             outcome.is_done ? "" : "REFUSED: ", outcome.text);
}

nlohmann::ordered_json document_of(const execution_place& place, const operator_outcome& outcome) {
  return {{"slot", format_slot(place.slot)},
          {"host", fmt::format("{}:{}", place.host.address, place.host.port)},
          {"done", outcome.is_done},
          {"text", outcome.text}};
}

} // namespace

CLI::App* operator_verbs::add(CLI::App& parent, const char* name, const char* what) {
  auto* verb = parent.add_subcommand(name, what);
  add_control_flags(*verb, control_);
  verb->add_option("--exec", exec_,
                   "Address of the execution host, for when no control host answers")
      ->type_name("ADDR:PORT")
      ->excludes(verb->get_option("--control"));
  verb->add_option("--reason", reason_, "Why; goes into the log")->type_name("TEXT");
  verb->add_flag("--json", json_, "Print JSON");
  return verb;
}

operator_verbs::operator_verbs(CLI::App& app, CLI::App& limits)
    : halt_(add(app, "halt", "Send no more orders, until `resume`; also after a restart")),
      resume_(add(app, "resume", "Let orders be sent again; needs --reason")),
      order_(app.add_subcommand("order", "Cancel, replace or settle one order")),
      reconcile_(add(app, "reconcile",
                     "Take what a broker says it holds as right where our books differ")),
      set_limits_(add(limits, "set", "Give a running cluster the limits of a file")) {
  halt_->add_flag("--cancel-all", cancel_all_, "Cancel every open order");
  halt_->add_flag("--flatten", flatten_,
                  "Cancel every open order, then bring all positions to zero");
  resume_->add_flag("--reducing", reducing_, "Only orders that bring a position nearer to zero");
  order_->require_subcommand(1);
  cancel_ = add(*order_, "cancel", "Cancel an open order");
  replace_ = add(*order_, "replace", "Give an open order another price and volume");
  settle_ =
      add(*order_, "settle",
          "State that nothing is open of an order in doubt, and that no fill of it is to come");
  for (auto* verb : {cancel_, replace_, settle_})
    verb->add_option("ORDER_ID", id_, "As in orders.csv: `O` and 16 hexadecimal digits")
        ->required();
  replace_->add_option("--price", price_, "Its new limit price")->required();
  replace_->add_option("--volume", volume_, "Its new volume, with what is filled")->required();
  reconcile_->add_option("--accept", broker_, "The broker")->type_name("BROKER")->required();
  set_limits_
      ->add_option("FILE", limits_file_,
                   "TOML with [execution.limits] and [[execution.limits.scope]] as in the "
                   "configuration, which changes what it names; \"off\" ends a limit")
      ->check(existing_file())
      ->required();
  set_limits_->add_flag("--yes", yes_, "Set also what lets more orders pass, without asking");
  // What it said of the cluster, the cluster itself says; scripts may still give it.
  set_limits_->add_option("--config", ignored_config_)->group("");
  for (auto* verb : {resume_, settle_, reconcile_, set_limits_})
    verb->get_option("--reason")->required();
}

bool operator_verbs::wanted() const {
  return *halt_ || *resume_ || *order_ || *reconcile_ || *set_limits_;
}

/// Nothing when a flag is wrong, which was printed then.
std::optional<operator_action> operator_verbs::action() const {
  if (*halt_) return trading_switch{trading_mode::halted, cancel_all_ || flatten_, flatten_};
  if (*resume_) return trading_switch{reducing_ ? trading_mode::reducing : trading_mode::active};
  if (*reconcile_) return books_acceptance{broker_};
  if (*set_limits_) return limits_change{}; // each slot's own follows from what holds there
  auto id = parse_order_id(id_);
  if (!id) return refuse("ORDER_ID", id_, "`O` and 16 hexadecimal digits");
  if (*cancel_) return operator_cancel{*id};
  if (*settle_) return order_settlement{*id};
  auto limit = any_decimal("--price", price_);
  auto volume = limit ? positive_decimal("--volume", volume_) : std::nullopt;
  if (!volume) return std::nullopt;
  return operator_replace{*id, price{*limit}, quantity{*volume}};
}

int operator_verbs::run() const {
  // A halt must not fail for the bytes of its reason.
  for (auto& [flag, text] : {std::pair{"--reason", &reason_}, {"--accept", &broker_}})
    if (auto fault = describe_non_utf8(*text); fault && !*halt_) {
      fmt::print(stderr, "tickmesh: {}: {}\n", flag, *fault);
      return exit_usage;
    }
  auto wished = action();
  if (!wished) return exit_usage;
  auto target = exec_.empty() ? find_control(control_) : exec_address(exec_);
  if (!target) {
    fmt::print(stderr, "tickmesh: {}\n", target.error().message);
    return exit_usage;
  }
  auto network = network_of(control_);
  if (!network) {
    fmt::print(stderr, "tickmesh: {}\n", network.error().message);
    return exit_usage;
  }
  actor_system_config config{*network};
  caf::actor_system system{config};
  std::vector<execution_place> places{{{role::exec, 0}, *target}};
  if (exec_.empty()) {
    auto found = find_execution(system, *target, control_.timeout());
    if (!found) return fail_with(found.error());
    places = std::move(*found);
  }
  std::vector<planned_command> planned;
  if (*set_limits_) {
    auto plan = plan_limits(system, places, {limits_file_, yes_, json_, control_.timeout()});
    if (plan.code) return *plan.code;
    for (auto& change : plan.changes)
      planned.push_back({change.place, std::move(change.change), std::move(change.described)});
  } else {
    for (auto& place : places)
      planned.push_back({place, *wished, {}});
  }
  return tell(system, planned);
}

/// One that does not answer must not keep its command from the others.
int operator_verbs::tell(caf::actor_system& system,
                         const std::vector<planned_command>& planned) const {
  bool is_done = true;
  auto document = nlohmann::ordered_json::array();
  for (auto& [place, action, described] : planned) {
    auto outcome = tell_execution(system, place,
                                  {.who = user_and_host(),
                                   .reason = replace_non_utf8(reason_),
                                   .asked = {},
                                   .action = action},
                                  control_.timeout());
    if (!outcome) {
      fail_with(outcome.error());
      is_done = false;
      continue;
    }
    is_done = is_done && outcome->is_done;
    if (!json_) print_outcome(place, *outcome);
    auto answer = document_of(place, *outcome);
    if (!described.is_null()) answer["limits"] = described;
    document.push_back(std::move(answer));
  }
  if (json_) fmt::print("{}", to_text(document));
  return is_done ? 0 : exit_failure;
}

} // namespace tickmesh
