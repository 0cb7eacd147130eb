#include "apps/settings/configuration_hash.hpp"

#include "actors/market/cleaning/tick_cleaner.hpp"
#include "apps/settings/declarations.hpp"
#include "messages/overloaded.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <optional>
#include <set>

namespace tickmesh {

namespace {

/// What the hash is of: the values that all hosts agree on, a `|` behind each. A journal says the
/// hash of its run: the text of settings that were there stays the same from version to version.
class agreed_text final : public setting_visitor {
public:
  template <class... Values>
  void add(const Values&... values) {
    ((text_ += fmt::format("{}|", values)), ...);
  }
  const std::string& text() const { return text_; }

protected:
  void begin_section(std::string_view name, std::optional<agreement> of) override {
    bool agrees = agrees_.back();
    if (of) agrees = *of == agreement::cluster;
    agrees_.push_back(agrees);
    if (name == "limits") add("global"); // as other scopes say whom they cover
  }
  void end_section() override { agrees_.pop_back(); }
  bool begin_list(std::string_view name, std::size_t size) override {
    if (name == "brokers") add(size); // what follows must not read as one more entry
    return true;
  }

  void visit(std::string_view, const void*, const setting::kind& what) override {
    if (!agrees_.back()) return;
    std::visit(
        overloaded{
            [this](const one_of<setting::flag, setting::text, setting::number, setting::whole,
                                setting::decimal, setting::choice, setting::parsed> auto& s) {
              add(s.value);
            },
            [this](const setting::list& s) {
              for (auto& item : s.value)
                add(item);
            },
            [this](const setting::pattern_list& s) {
              add(fmt::format("{}", fmt::join(s.value, ",")));
            },
            [this](const setting::day_list& s) { add(fmt::format("{}", fmt::join(s.value, ","))); },
            [this](const setting::parsed_list& s) {
              add(fmt::format("{}", fmt::join(s.value, ",")));
            },
            [this](const setting::time& s) { add(s.value.time_since_epoch().count()); },
            [this](const setting::duration& s) { add(s.value / s.resolution); },
            [this](const setting::optional_whole& s) {
              // One that "off" is no value of is left out by 0.
              add(s.value ? fmt::format("{}", *s.value) : s.has_off ? "-" : "0");
            },
            [this](const setting::optional_decimal& s) {
              add(s.value ? format_decimal(*s.value) : "-");
            },
            [this](const setting::optional_ratio& s) {
              add(s.value ? fmt::format("{}", *s.value) : "-");
            },
            [this](const setting::optional_duration& s) {
              add(s.value ? fmt::format("{}", s.value->count()) : "-");
            },
            [this](const setting::unset&) { add("-"); },
        },
        what);
  }

private:
  std::string text_;
  std::vector<bool> agrees_{false};
};

// Instruments have no sections that are declared: each member is bound by name, so that a new one
// does not compile before this says what it does.

/// Of each list the number, too: what follows it must not read as one more entry.
void add_sessions(agreed_text& text, const std::vector<trading_session>& sessions) {
  text.add(sessions.size());
  for (auto& [from, until, weekdays] : sessions)
    text.add(from.count(), until.count(), weekdays);
}

void add_days(agreed_text& text, const std::set<std::chrono::sys_days>& days) {
  text.add(days.size());
  for (auto& date : days)
    text.add(date.time_since_epoch().count());
}

void add_calendar(agreed_text& text, const trading_calendar& calendar) {
  auto& [name, weekdays, holidays, open_days, special_days, nights, day_change] = calendar;
  text.add(name, weekdays, static_cast<int>(nights),
           day_change.value_or(std::chrono::minutes{-1}).count());
  add_days(text, holidays);
  add_days(text, open_days);
  text.add(special_days.size());
  for (auto& [date, sessions] : special_days) {
    text.add(date.time_since_epoch().count());
    add_sessions(text, sessions);
  }
}

void add_instrument(agreed_text& text, const instrument& traded,
                    const cleaning_settings& cleaning) {
  auto& [pattern, exchange, currency, multiplier, price_tick, quantity_step, time_zone, price_from,
         sessions, calendar, fees, positions, close_today, short_allowed, own_limits, decimals] =
      traded;
  text.add(pattern, exchange, currency, multiplier, price_tick.value, quantity_step.value,
           time_zone, static_cast<int>(price_from), static_cast<int>(positions), close_today);
  auto& [open_fee, close_fee, close_today_fee] = fees;
  for (auto& [ratio, amount] : {open_fee, close_fee, close_today_fee})
    text.add(ratio, amount);
  text.add(short_allowed, static_cast<int>(decimals));
  // The values that hold; duplicate_horizon is no instrument's own.
  auto [price_max, spread_max, jump_band, confirm_count, horizon, price_min, ratio_base_min] =
      limits_of(&traded, cleaning);
  text.add(price_min.value, price_max.value, spread_max, jump_band, confirm_count,
           ratio_base_min.value);
  add_sessions(text, sessions);
  if (calendar) add_calendar(text, *calendar);
}

} // namespace

std::uint64_t configuration_hash(const settings& config) {
  auto declared = config;
  declared.execution.brokers = config.execution.all_brokers(); // named or not, they are the same
  agreed_text text;
  declare(declared, text);
  for (auto& traded : config.instruments.entries())
    add_instrument(text, traded, config.cleaning);
  return XXH3_64bits(text.text().data(), text.text().size());
}

} // namespace tickmesh
