// The lines of `tickmesh why`, made of the order's document.
#include "apps/reports/audit_document.hpp"
#include "apps/reports/json_fields.hpp"
#include "apps/reports/order_document.hpp"
#include "runtime/results/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace tickmesh {

namespace {

using json = nlohmann::ordered_json;

/// Text of a value; `-` where there is none.
bool is_set(const json& object, const char* key) {
  return object.contains(key) && !object.at(key).is_null();
}

/// In the largest unit that leaves a whole part.
std::string duration_text(std::int64_t ns) {
  auto size = ns < 0 ? -ns : ns;
  if (size < 1'000) return fmt::format("{} ns", ns);
  if (size < 1'000'000) return fmt::format("{:.3f} us", static_cast<double>(ns) / 1e3);
  if (size < 1'000'000'000) return fmt::format("{:.3f} ms", static_cast<double>(ns) / 1e6);
  return fmt::format("{:.3f} s", static_cast<double>(ns) / 1e9);
}

std::string side_text(int direction) {
  return direction > 0 ? "BUY" : "SELL";
}

std::string tick_text(const json& s) {
  return fmt::format("{}: last {}, bid {}, ask {}", text(s, "name"), text(s, "last"),
                     text(s, "bid"), text(s, "ask"));
}

std::string factors_text(const json& s) {
  if (s.contains("missing")) return "no values: " + text(s, "missing");
  return fmt::format("percent b {}, price {}, lower {}, middle {}, upper {}",
                     text(s, "factor_value"), text(s, "price"), text(s, "lower"), text(s, "middle"),
                     text(s, "upper"));
}

std::string signal_text(const json& s) {
  auto out =
      fmt::format("{}: {} {} at {}", text(s, "name"), side_text(s.at("direction").get<int>()),
                  text(s, "volume"), text(s, "price"));
  if (is_set(s, "window_end")) out += fmt::format(", window to {}", text(s, "window_end"));
  if (is_set(s, "ingest_to_sent_ns"))
    out += fmt::format("; sent {} (wall clock) after its tick came in",
                       duration_text(s.at("ingest_to_sent_ns").get<std::int64_t>()));
  return out;
}

std::string verdict_text(const json& s) {
  auto out = text(s, "verdict");
  if (is_set(s, "form")) {
    auto& form = s.at("form");
    out = fmt::format("{} {} at {}: {}", text(form, "side"), text(form, "volume"),
                      text(form, "price"), out);
  }
  if (is_set(s, "scope"))
    out += fmt::format(": {} of {}, {}", is_set(s, "usage") ? text(s, "usage") : "unknown",
                       text(s, "limit"), text(s, "scope"));
  return out;
}

std::string why_passed(const json& passed) {
  if (passed.at("has_refused_this_order").get<bool>()) return "has not taken this order";
  if (!passed.at("is_connected").get<bool>()) return "has no session";
  return fmt::format("has failed {} times in a row", text(passed, "failures_in_a_row"));
}

std::string routing_text(const json& s) {
  bool is_usable = s.at("is_usable").get<bool>();
  auto out = fmt::format("to {}, the {}{}", text(s, "broker"),
                         s.at("is_primary").get<bool>() ? "primary" : "backup",
                         is_usable ? "" : ", since no broker is left");
  const char* before = ": ";
  for (auto& passed : s.at("passed_over")) {
    out += fmt::format("{}{} {}", before, text(passed, "broker"), why_passed(passed));
    before = ", ";
  }
  return out;
}

std::string sent_text(const json& s) {
  auto out = fmt::format("{} to {}", text(s, "what"), text(s, "broker"));
  if (s.contains("side"))
    return out + fmt::format(": {} {} {} at {}, {}", text(s, "side"), text(s, "volume"),
                             text(s, "symbol"), text(s, "price"), text(s, "time_in_force"));
  if (s.contains("revision"))
    out += fmt::format(": revision {}, {} at {}", text(s, "revision"), text(s, "volume"),
                       text(s, "price"));
  return out;
}

/// What became of the order's status, and the halt that it comes from.
std::string status_text(const json& s) {
  auto before = text(s, "status_before"), after = text(s, "status_after");
  auto out =
      before == after ? fmt::format("stays {}", after) : fmt::format("{} > {}", before, after);
  if (!is_set(s, "status_before"))
    out = is_set(s, "status_after") ? fmt::format("makes the order, {}", after) : "no order";
  if (!is_set(s, "halt")) return out;
  auto& halt = s.at("halt");
  return out + fmt::format("; for the halt of event {} by {}: {}", text(halt, "event"),
                           text(halt, "who"), text(halt, "reason"));
}

std::string command_text(const json& s) {
  auto out = format_command(s);
  if (is_set(s, "status_before") || is_set(s, "status_after")) out += "; " + status_text(s);
  return out;
}

std::string report_text(const json& s) {
  auto out = fmt::format("{}: {}", text(s, "broker"), text(s, "kind"));
  if (is_set(s, "text")) out += fmt::format(" ({})", text(s, "text"));
  if (is_set(s, "refusal")) out += fmt::format(", {}", text(s, "refusal"));
  if (s.at("since_venue_ns").get<std::int64_t>() != 0)
    out += fmt::format(", {} after it happened",
                       duration_text(s.at("since_venue_ns").get<std::int64_t>()));
  return out + "; " + status_text(s);
}

std::string fill_text(const json& s) {
  auto out = fmt::format("{}: {} at {}, {}", text(s, "broker"), text(s, "volume"), text(s, "price"),
                         text(s, "execution"));
  if (s.at("since_venue_ns").get<std::int64_t>() != 0)
    out += fmt::format(", {} after it happened",
                       duration_text(s.at("since_venue_ns").get<std::int64_t>()));
  out += s.at("is_booked").get<bool>()
             ? fmt::format("; {} of {} filled", text(s, "filled"), text(s, "order_volume"))
             : "; not booked: it is known already, or says no fill";
  return out + "; " + status_text(s);
}

std::string timer_text(const json& s) {
  auto out = text(s, "purpose");
  if (s.at("attempt").get<int>() > 0) out += fmt::format(" of try {}", text(s, "attempt"));
  return out + (s.at("acts").get<bool>() ? "; " + status_text(s) : "; nothing to do");
}

std::string position_text(const json& s) {
  auto out = fmt::format("of {} in {}:", text(s, "strategy"), text(s, "symbol"));
  const char* before = " ";
  for (auto [key, name] : {std::pair{"held", "held"},
                           {"average_cost", "average cost"},
                           {"realised", "realised"},
                           {"fees", "fees"}}) {
    out += fmt::format("{}{} {} > {}", before, name, text(s.at(key), "before"),
                       text(s.at(key), "after"));
    before = ", ";
  }
  return out;
}

std::string step_text(const json& s) {
  auto kind = text(s, "step");
  if (kind == "tick") return tick_text(s);
  if (kind == "factors") return factors_text(s);
  if (kind == "signal") return signal_text(s);
  if (kind == "command") return command_text(s);
  if (kind == "repeated") return "dropped: this signal, or a newer one, has been applied";
  if (kind == "verdict") return verdict_text(s);
  if (kind == "routing") return routing_text(s);
  if (kind == "sent") return sent_text(s);
  if (kind == "report") return report_text(s);
  if (kind == "fill") return fill_text(s);
  if (kind == "timer") return timer_text(s);
  if (kind == "position") return position_text(s);
  return fmt::format("{}; {}", text(s, "what"), status_text(s));
}

constexpr const char* line_format = "  {:<18}  {:>13}  {:>9}  {:<9} {}\n";

/// A line without a time of its own.
void append_detail(std::string& out, std::string_view detail) {
  fmt::format_to(std::back_inserter(out), line_format, "", "", "", "", detail);
}

void append_checks(std::string& out, const json& checks) {
  std::size_t rules = 0, scopes = 0;
  for (auto& c : checks) {
    rules = std::max(rules, text(c, "rule").size());
    scopes = std::max(scopes, text(c, "scope").size());
  }
  for (auto& c : checks) {
    auto line = fmt::format("  {:<7} ", c.at("passed").get<bool>() ? "passed" : "REFUSED");
    if (is_set(c, "scope"))
      line +=
          fmt::format("{:<{}}  {:<{}}  {:>12} of {}", text(c, "rule"), rules, text(c, "scope"),
                      scopes, is_set(c, "usage") ? text(c, "usage") : "unknown", text(c, "limit"));
    else
      line += text(c, "rule");
    append_detail(out, line);
  }
}

/// One line a step; the time is written once for each event, the day once for each day.
std::string format_steps(const json& steps) {
  auto out = fmt::format(line_format, "time (UTC)", "delay", "event", "step", "");
  out.erase(out.find_last_not_of(" \n") + 1);
  out += '\n';
  std::string day;
  json last_place;
  for (auto& s : steps) {
    auto time = is_set(s, "time") ? text(s, "time") : std::string{};
    if (!time.empty() && time.substr(0, 10) != day) {
      day = time.substr(0, 10);
      out += "  " + day + '\n';
    }
    json place{s.at("time"), s.at("event")};
    bool is_new = !time.empty() && place != last_place;
    last_place = std::move(place);
    fmt::format_to(std::back_inserter(out), line_format,
                   is_new ? time.substr(11, time.size() - 12) : std::string{},
                   is_new && is_set(s, "delay_ns")
                       ? "+" + duration_text(s.at("delay_ns").get<std::int64_t>())
                       : std::string{},
                   is_new && is_set(s, "event") ? text(s, "event") : std::string{}, text(s, "step"),
                   step_text(s));
    if (s.contains("log"))
      append_detail(out, fmt::format("  calculated from the ticks {} on in {}",
                                     text(s, "first_tick"), text(s, "log")));
    if (text(s, "step") == "command") append_detail(out, "  " + format_outcome(s));
    if (s.contains("checks")) append_checks(out, s.at("checks"));
  }
  return out;
}

} // namespace

std::string format_order(const json& document) {
  auto& d = document;
  auto filled = is_set(d, "average_price")
                    ? fmt::format(", {} of {} filled at {} on average", text(d, "filled"),
                                  text(d, "volume"), text(d, "average_price"))
                    : ", nothing filled";
  std::string history;
  for (auto& status : d.at("history"))
    history += (history.empty() ? "" : " > ") + text_of(status);
  auto& position = d.at("position");
  auto by = text(d, "strategy");
  if (d.at("origin") == "operator") by = "an operator for " + by;
  if (d.at("origin") == "broker") by = "nobody that the log knows";
  if (is_set(d, "replaces")) by += fmt::format(", in place of {}", text(d, "replaces"));
  if (is_set(d, "replaced_by")) filled += fmt::format(", replaced by {}", text(d, "replaced_by"));
  return fmt::format("{}  {} {} {} at {} by {}: {}{}\n\n{}\n", text(d, "order"), text(d, "side"),
                     text(d, "volume"), text(d, "symbol"), text(d, "price"), by, text(d, "status"),
                     filled, format_steps(d.at("steps"))) +
         fmt::format("status    {}{}\n", history,
                     is_set(d, "verdict_to_end_ns")
                         ? fmt::format(", {} after the verdict",
                                       duration_text(d.at("verdict_to_end_ns").get<std::int64_t>()))
                         : std::string{}) +
         fmt::format("position  {} in {} by {} now, average cost {}, realised {}, fees {}\n",
                     text(position, "held"), text(d, "symbol"), text(d, "strategy"),
                     text(position, "average_cost"), text(position, "realised"),
                     text(position, "fees")) +
         fmt::format("journal   {}, {}; account {}, {}\n", text(d, "journal"), format_events(d),
                     text(d, "account"), text(d, "trading"));
}

} // namespace tickmesh
