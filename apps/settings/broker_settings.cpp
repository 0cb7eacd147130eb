// What [execution] says of brokers: their kinds, the simulated venue of each, and which of them
// orders go to.
#include "apps/settings/declarations.hpp"
#include "apps/settings/load_settings.hpp"
#include "runtime/settings/setting_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tickmesh {

namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::size_t brokers_max = 16;

constexpr std::string_view no_name = "is no name; allowed: 1 to 64 letters, digits, `_`, `-`, `.`, "
                                     "the first of them a letter or digit";

/// A name must be there, be plain, and be the first of its kind; false otherwise.
bool check_broker_name(toml_section& section, const std::string& out,
                       const std::vector<broker_settings>& earlier) {
  if (section.is_faulty("name")) return false;
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
    setting_reader reader{section};
    declare(broker, reader);
    good &= check_broker_name(section, broker.name, out.brokers);
    if (!out.is_external(broker) && section.has("cancel_on_disconnect"))
      section.reject("cancel_on_disconnect",
                     "has no meaning for a broker without a session; remove it, or set "
                     "execution.sequencer = \"arrival\"");
    if (section.has("has_replace") && broker.has_replace && !can_replace(broker.kind))
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

void check_routing(toml_section section, bool entries_are_named, const execution_settings& out) {
  auto& primary = out.primary_broker;
  auto& backup = out.backup_broker;
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

void declare(sim_venue_settings& s, setting_visitor& v) {
  v.whole("seed", s.seed, 0, std::numeric_limits<std::int64_t>::max());
  v.duration("delay_us", s.delay, microseconds{1}, seconds{60});
  v.number("reject_share", s.reject_share, 0, 1);
  v.number("lost_ack_share", s.lost_ack_share, 0, 1);
  v.number("unavailable_share", s.unavailable_share, 0, 1);
}

void declare(broker_settings& s, setting_visitor& v) {
  v.text("name", s.name);
  v.choice("kind", s.kind, broker_kinds);
  declare(s.sim, v);
  v.flag("cancel_on_disconnect", s.cancel_on_disconnect);
  v.optional_whole("orders_per_second_max", s.orders_per_second_max, 1, orders_per_second_limit);
  v.flag("has_replace", s.has_replace);
  v.derived(&s.is_gone);
}

void finish_brokers(toml_section section, execution_settings& out) {
  bool entries_are_named = load_entries(section, out);
  check_routing(section.section("routing"), entries_are_named, out);
  for (auto key : {"fix", "ib", "ctp"})
    section.refuse(key, "the only brokers yet are built in: remove the key, and see "
                        "execution.broker");
}

} // namespace tickmesh
