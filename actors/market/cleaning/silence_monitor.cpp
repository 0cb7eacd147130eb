#include "actors/market/cleaning/silence_monitor.hpp"

#include <utility>

namespace tickmesh {

namespace {

/// Event time between two judgements.
constexpr std::chrono::seconds judgement_interval{1};

} // namespace

silence_monitor::silence_monitor(std::size_t symbols, nanoseconds limit)
    : limit_(limit), last_spoken_(symbols) {}

void silence_monitor::watch(symbol_id symbol, std::shared_ptr<session_calendar> sessions) {
  if (limit_ <= nanoseconds::zero()) return;
  watched_.push_back({symbol, std::move(sessions), {}, {}, false});
}

std::vector<silence_monitor::mute_symbol> silence_monitor::judge(timestamp time_mark) {
  std::vector<mute_symbol> out;
  // Before the first mark no time is known, and behind the last one nothing is missing.
  if (time_mark == timestamp{} || time_mark == end_of_time) return out;
  next_judgement_ = time_mark + judgement_interval;
  if (watched_since_ == timestamp{}) watched_since_ = time_mark;
  silent_now_ = 0;
  for (auto& watched : watched_) {
    auto spoken = last_spoken_[watched.symbol.value];
    auto since = spoken == timestamp{} ? watched_since_ : spoken;
    if (time_mark - since <= limit_) continue;
    if (since != watched.judged_from) {
      watched.judged_from = since;
      watched.mute_after =
          watched.sessions ? watched.sessions->after_open_time(since, limit_) : since + limit_;
      watched.alarmed = false;
    }
    if (time_mark <= watched.mute_after) continue;
    ++silent_now_;
    if (std::exchange(watched.alarmed, true)) continue;
    ++alarms_;
    out.push_back({watched.symbol, since});
  }
  return out;
}

} // namespace tickmesh
