#include "apps/reports/delay_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace tickmesh {

using json = nlohmann::ordered_json;

namespace {

/// A hop's floor is made of messages between processes, and of the wait for a time mark.
struct hop {
  const char* key;
  const char* text;
  int messages;
  bool waits_for_marks;
};
constexpr std::array<hop, 7> hops{{
    {"source_lateness", "source behind time", 0, false},
    {"feed_to_calc", "feed to calc", 1, false},
    {"calc", "calc (in to out)", 0, false},
    {"calc_to_exec", "calc to exec", 1, false},
    {"merge_wait", "wait in the merge", 0, true},
    {"tick_to_order", "tick to order", 2, true},
    {"signal_to_order", "signal to order", 1, true},
}};

/// Wall time between two time marks of a source, where an order waits for them; else 0.
double mark_interval_ms(const json& run) {
  double out = 0;
  for (auto& process : run.at("processes"))
    out = std::max(out, process.value("merge_mark_interval_ms", 0.0));
  return out;
}

} // namespace

std::string describe_delays(const json& run, std::optional<nanoseconds> message_floor) {
  auto& delays = run.at("delays");
  auto message_ms = message_floor ? static_cast<double>(message_floor->count()) * 1e-6 : 0.0;
  auto interval_ms = mark_interval_ms(run);
  std::string out = fmt::format("    {:<20}{:>11}{:>11}{:>11}{:>11}{}\n", "delay in ms", "p50",
                                "p90", "p99", "max", message_floor ? "      floor" : "");
  bool disagree = false;
  for (auto& [key, text, messages, waits_for_marks] : hops) {
    if (!delays.contains(key)) continue;
    auto& d = delays.at(key);
    auto ms = [&](const char* name) { return d.at(name).get<double>() * 1e-3; };
    auto floor = messages * message_ms + (waits_for_marks ? interval_ms / 2 : 0);
    out += fmt::format("    {:<20}{:>11.3f}{:>11.3f}{:>11.3f}{:>11.3f}", text, ms("p50_us"),
                       ms("p90_us"), ms("p99_us"), ms("max_us"));
    out += message_floor && floor > 0 ? fmt::format("{:>11.3f}\n", floor) : "\n";
    disagree = disagree || d.at("negative").get<std::uint64_t>() > 0;
  }
  if (message_floor) {
    out += fmt::format("    floor: {:.3f} for each message from process to process over TCP, "
                       "measured just now",
                       message_ms);
    if (interval_ms > 0)
      out += fmt::format(";\n    and {:g}, half of what lies between two time marks, which orders "
                         "by event time wait for",
                         interval_ms / 2);
    out += '\n';
  }
  if (disagree) out += "    some delays were below 0: the clocks' offsets are not exact\n";
  return out;
}

} // namespace tickmesh
