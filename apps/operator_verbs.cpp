#include "apps/operator_verbs.hpp"

#include "apps/command_settings.hpp"
#include "apps/limits_file.hpp"
#include "apps/load_settings.hpp"
#include "apps/operator_client.hpp"
#include "messages/numbers.hpp"
#include "runtime/actor_system.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

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
  return *value;
}

std::optional<std::int64_t> positive_decimal(std::string_view flag, const std::string& text) {
  auto value = parse_decimal(text);
  if (!value || *value <= 0) return refuse(flag, text, "a number above 0 of up to 8 decimals");
  return *value;
}

std::optional<endpoint> address(std::string_view flag, const std::string& text) {
  auto parsed = parse_endpoint(text);
  if (parsed) return *parsed;
  fmt::print(stderr, "tickmesh: {} = {}: {}\n", flag, text, parsed.error().message);
  return std::nullopt;
}

void print_answer(const slot_answer& answer) {
  fmt::print("{} at {}:{}: {}{}\n", format_slot(answer.slot), answer.host.address, answer.host.port,
             answer.outcome.is_done ? "" : "REFUSED: ", answer.outcome.text);
}

nlohmann::ordered_json document_of(const slot_answer& answer) {
  return {{"slot", format_slot(answer.slot)},
          {"host", fmt::format("{}:{}", answer.host.address, answer.host.port)},
          {"done", answer.outcome.is_done},
          {"text", answer.outcome.text}};
}

} // namespace

CLI::App* operator_verbs::add(CLI::App& parent, const char* name, const char* what) {
  auto* verb = parent.add_subcommand(name, what);
  auto* target = verb->add_option_group("Whom to ask");
  target->add_option("--control", control_, "Address of the control host")->type_name("ADDR:PORT");
  target
      ->add_option("--exec", exec_,
                   "Address of the execution host, for when no control host answers")
      ->type_name("ADDR:PORT");
  target->require_option(1);
  verb->add_option("--reason", reason_, "Why; goes into the log")->type_name("TEXT");
  verb->add_flag("--json", json_, "Print JSON");
  return verb;
}

operator_verbs::operator_verbs(CLI::App& app, CLI::App& limits)
    : halt_(add(app, "halt", "Send no more orders, until `resume`; also after a restart")),
      resume_(add(app, "resume", "Let orders be sent again; needs --reason")),
      order_(app.add_subcommand("order", "Cancel or replace one order")),
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
  for (auto* verb : {cancel_, replace_})
    verb->add_option("ORDER_ID", id_, "As in orders.csv: `O` and 16 hexadecimal digits")
        ->required();
  replace_->add_option("--price", price_, "Its new limit price")->required();
  replace_->add_option("--volume", volume_, "Its new volume, with what is filled")->required();
  reconcile_->add_option("--accept", broker_, "The broker")->type_name("BROKER")->required();
  set_limits_
      ->add_option("FILE", limits_file_,
                   "TOML with [execution.limits] and [[execution.limits.scope]] as in the "
                   "configuration; what is absent has its default")
      ->required();
  set_limits_->add_option("--config", config_.file, "Of the cluster: its account and strategies")
      ->type_name("FILE");
  for (auto* verb : {resume_, reconcile_, set_limits_})
    verb->get_option("--reason")->required();
}

bool operator_verbs::wanted() const {
  return *halt_ || *resume_ || *order_ || *reconcile_ || *set_limits_;
}

std::optional<operator_action> operator_verbs::read_limits() const {
  auto loaded = load_command_settings(config_, {});
  if (print_faults(loaded.faults)) return std::nullopt;
  auto limits = load_limits_file(limits_file_, loaded.value);
  if (print_faults(limits.faults)) return std::nullopt;
  return limits_change{std::move(limits.value)};
}

/// Nothing when a flag is wrong, which was printed then.
std::optional<operator_action> operator_verbs::action() const {
  if (*halt_) return trading_switch{trading_mode::halted, cancel_all_ || flatten_, flatten_};
  if (*resume_) return trading_switch{reducing_ ? trading_mode::reducing : trading_mode::active};
  if (*reconcile_) return books_acceptance{broker_};
  if (*set_limits_) return read_limits();
  auto id = parse_order_id(id_);
  if (!id) return refuse("ORDER_ID", id_, "`O` and 16 hexadecimal digits");
  if (*cancel_) return operator_cancel{*id};
  auto limit = any_decimal("--price", price_);
  auto volume = limit ? positive_decimal("--volume", volume_) : std::nullopt;
  if (!volume) return std::nullopt;
  return operator_replace{*id, price{*limit}, quantity{*volume}};
}

int operator_verbs::run() const {
  auto wished = action();
  auto target = control_.empty() ? address("--exec", exec_) : address("--control", control_);
  if (!wished || !target) return exit_usage;
  operator_command command{.who = user_and_host(), .reason = reason_, .action = *wished};
  actor_system_options options;
  actor_system_config config{options};
  caf::actor_system system{config};
  auto answers = control_.empty() ? command_at_host(system, *target, command)
                                  : command_by_control(system, *target, command);
  if (!answers) {
    fmt::print(stderr, "tickmesh: {}\n", answers.error().message);
    return exit_failure;
  }
  bool is_done = true;
  auto document = nlohmann::ordered_json::array();
  for (auto& answer : *answers) {
    is_done = is_done && answer.outcome.is_done;
    if (json_)
      document.push_back(document_of(answer));
    else
      print_answer(answer);
  }
  if (json_)
    fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return is_done ? 0 : exit_failure;
}

} // namespace tickmesh
