// What [execution] says of brokers: their kinds, the simulated venue of each, and which of them
// orders go to.
#include "apps/settings/load_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace tickmesh {

namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t brokers_max = 16;
constexpr std::int64_t seed_max = std::numeric_limits<std::int64_t>::max();

constexpr std::array<std::pair<std::string_view, broker_kind>, 2> broker_kinds{
    {{"sim", broker_kind::sim}, {"accept", broker_kind::accept}}};
constexpr std::array<std::pair<std::string_view, input_order>, 2> input_order_names{
    {{"event_time", input_order::event_time}, {"arrival", input_order::arrival}}};

constexpr std::string_view no_name = "is no name; allowed: 1 to 64 letters, digits, `_`, `-`, `.`, "
                                     "the first of them a letter or digit";

void load_sim(toml_section& section, sim_venue_settings& out) {
  section.read("seed", out.seed, 0, seed_max);
  section.read_duration("delay_us", out.delay, microseconds{1}, seconds{60});
  section.read_number("reject_share", out.reject_share, 0, 1);
  section.read_number("lost_ack_share", out.lost_ack_share, 0, 1);
  section.read_number("unavailable_share", out.unavailable_share, 0, 1);
}

/// What is asked of a broker outside, and what it asks for.
void load_outside(toml_section& section, bool is_external, broker_settings& out) {
  std::uint32_t per_second_max = 0;
  if (section.read("orders_per_second_max", per_second_max, 1, orders_per_second_limit) &&
      section.has("orders_per_second_max"))
    out.orders_per_second_max = per_second_max;
  section.read("cancel_on_disconnect", out.cancel_on_disconnect);
  if (!is_external && section.has("cancel_on_disconnect"))
    section.reject("cancel_on_disconnect", "has no meaning for a broker without a session; remove "
                                           "it, or set execution.sequencer = \"arrival\"");
}

/// A name must be there, be plain, and be the first of its kind; false otherwise.
bool load_broker_name(toml_section& section, std::string& out,
                      const std::vector<broker_settings>& earlier) {
  if (!section.read("name", out)) return false;
  std::string_view fault;
  if (!section.has("name"))
    fault = "is missing; allowed: a name that no other broker has";
  else if (!is_plain_name(out))
    fault = no_name;
  else if (std::ranges::find(earlier, out, &broker_settings::name) != earlier.end())
    fault = "is the name of an earlier broker too; allowed: a name of its own";
  if (!fault.empty()) section.reject("name", fault);
  return fault.empty();
}

/// The entries of [[execution.brokers]], which begin with what holds for all; false when one has no
/// good name.
bool load_entries(toml_section& execution, execution_settings& out) {
  auto sections = execution.items("brokers");
  if (sections.size() > brokers_max)
    execution.reject("brokers", fmt::format("are too many; allowed: {}", brokers_max));
  bool good = true;
  for (auto& section : sections) {
    broker_settings broker{.name = {}, .kind = out.broker, .sim = out.sim};
    good &= load_broker_name(section, broker.name, out.brokers);
    section.read_choice("kind", broker.kind, broker_kinds);
    load_sim(section, broker.sim);
    load_outside(section, out.is_external(broker), broker);
    if (section.read("has_replace", broker.has_replace) && section.has("has_replace") &&
        broker.has_replace && !can_replace(broker.kind))
      section.reject("has_replace", "has no meaning for a broker that can't replace orders; remove "
                                    "it, or set it to false");
    if (broker.kind != broker_kind::sim)
      for (auto key : {"seed", "delay_us", "reject_share", "lost_ack_share", "unavailable_share"})
        if (section.has(key))
          section.reject(key, "has no meaning for a broker of another kind than sim; remove it, or "
                              "set kind = \"sim\"");
    out.brokers.push_back(std::move(broker));
  }
  return good;
}

/// With entries, a broker that orders go to must be one of them.
void check_entry(toml_section& section, std::string_view key, const std::string& name,
                 std::string_view or_none, const std::vector<broker_settings>& brokers) {
  if (brokers.empty() || std::ranges::find(brokers, name, &broker_settings::name) != brokers.end())
    return;
  std::string names;
  for (auto& broker : brokers)
    names += (names.empty() ? "" : ", ") + broker.name;
  auto which = section.has(key) ? std::string{} : fmt::format("is \"{}\" by default, and ", name);
  section.reject(key, fmt::format("{}names no entry of execution.brokers; allowed: {}{}", which,
                                  names, or_none));
}

void load_routing(toml_section section, bool entries_are_named, execution_settings& out) {
  auto& primary = out.primary_broker;
  auto& backup = out.backup_broker;
  section.read("primary", primary);
  section.read("backup", backup);
  section.read("failover_threshold", out.failover_threshold, 1, 1'000);
  section.read_duration("probe_interval_ms", out.broker_probe_interval, milliseconds{1}, hours{24});
  section.read_duration("reconcile_interval_ms", out.reconcile_interval, milliseconds{0},
                        hours{24});
  if (!is_plain_name(primary)) section.reject("primary", no_name);
  if (!backup.empty() && !is_plain_name(backup))
    section.reject("backup", fmt::format("{}, or \"\" for none", no_name));
  if (primary == backup)
    section.reject(section.has("backup") ? "backup" : "primary",
                   fmt::format("\"{}\" is the primary and the backup; allowed: two brokers, or "
                               "backup = \"\" for none",
                               primary));
  if (!entries_are_named) return; // that is fault enough
  check_entry(section, "primary", primary, "", out.brokers);
  if (!backup.empty()) check_entry(section, "backup", backup, ", or \"\" for none", out.brokers);
}

} // namespace

void load_brokers(toml_section section, execution_settings& out) {
  section.read_choice("broker", out.broker, broker_kinds);
  section.read_choice("sequencer", out.sequencer, input_order_names);
  section.read_duration("clock_interval_ms", out.clock_interval, milliseconds{1}, seconds{10});
  auto sim = section.section("sim");
  load_sim(sim, out.sim);
  bool entries_are_named = load_entries(section, out);
  load_routing(section.section("routing"), entries_are_named, out);
  for (auto key : {"fix", "ib", "ctp"})
    section.refuse(key, "the only brokers yet are built in: remove the key, and see "
                        "execution.broker");
}

} // namespace tickmesh
