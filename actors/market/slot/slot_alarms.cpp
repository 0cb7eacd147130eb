#include "actors/market/slot/slot_alarms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace tickmesh {

namespace {

/// Silent symbols that one line of the program's log names.
constexpr std::size_t silent_names_max = 10;

} // namespace

result<void> slot_alarms::watch(std::span<const std::string> symbols, const std::vector<bool>& own,
                                const instrument_table& instruments) {
  std::map<const instrument*, std::shared_ptr<session_calendar>> calendars;
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    auto* traded = own[i] ? instruments.find(symbols[i]) : nullptr;
    if (traded == nullptr) continue;
    auto& calendar = calendars[traded];
    if (calendar == nullptr && !traded->sessions.empty()) {
      auto made = session_calendar::make(*traded);
      if (!made) return tl::unexpected(made.error());
      calendar = std::make_shared<session_calendar>(std::move(*made));
      if (traded->calendar && calendar->dates_until() < end_of_time)
        calendar_ends_[calendar->dates_until()].insert(traded->calendar->name);
    }
    silence_.watch(symbol_id{i}, calendar);
  }
  return {};
}

void slot_alarms::note_late(std::span<const clean_batch> parts) {
  for (auto& part : parts) {
    auto count = part.rejects[static_cast<std::size_t>(reject_reason::late)];
    if (count > 0 && late_ == 0) first_late_ = part.symbol;
    late_ += count;
  }
}

bool slot_alarms::note(std::span<const clean_batch> parts, timestamp time_mark) {
  late_ = 0;
  mute_.clear();
  if (settings_.is_live) note_late(parts);
  if (!calendar_ends_.empty())
    for (auto& part : parts)
      if (part.accepted > 0) newest_tick_ = std::max(newest_tick_, part.last_event_time);
  if (silence_.is_on()) {
    for (auto& part : parts)
      if (part.accepted > 0) silence_.spoke(part.symbol, part.last_event_time);
    if (silence_.is_due(time_mark)) mute_ = silence_.judge(time_mark);
  }
  bool dates_end = !calendar_ends_.empty() && calendar_ends_.begin()->first <= newest_tick_;
  return late_ > 0 || dates_end || !mute_.empty();
}

std::vector<std::string> slot_alarms::say(std::span<const std::string> symbols,
                                          log_burst::instant now) {
  std::vector<std::string> out;
  auto slot = format_slot(settings_.slot);
  // Late records may mean that the source needs more room: which setting gives it.
  if (late_ > 0 && late_log_.admit(now))
    out.push_back(fmt::format(
        "{}: {} records, of {} first, came behind the source's time mark and are rejected as "
        "LATE; source.socket.lateness_ms says how far a source may be out of order",
        slot, late_, symbols[first_late_.value]));
  // Beyond a calendar's dates, holidays are taken for trading days: said once.
  for (; !calendar_ends_.empty() && calendar_ends_.begin()->first <= newest_tick_;
       calendar_ends_.erase(calendar_ends_.begin()))
    for (auto& name : calendar_ends_.begin()->second)
      out.push_back(fmt::format(
          "calendar {} lists no dates from {} on, where the ticks are: holidays there are taken "
          "for trading days; add them to the file of instruments",
          name, format_timestamp(calendar_ends_.begin()->first).substr(0, 10)));
  if (mute_.empty() || !silence_log_.admit(now)) return out;
  std::string names;
  for (std::size_t i = 0; i < std::min(mute_.size(), silent_names_max); ++i)
    names += fmt::format("{}{} since {}", i == 0 ? "" : ", ", symbols[mute_[i].symbol.value],
                         format_timestamp(mute_[i].since));
  if (mute_.size() > silent_names_max)
    names += fmt::format(" and {} more", mute_.size() - silent_names_max);
  out.push_back(fmt::format("{}: no accepted tick for {} s of open session: {}; {} symbols are "
                            "silent, {} alarms so far",
                            slot, std::chrono::duration<double>{settings_.silence_limit}.count(),
                            names, silence_.silent_now(), silence_.alarms()));
  return out;
}

} // namespace tickmesh
