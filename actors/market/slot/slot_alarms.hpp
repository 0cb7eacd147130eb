// What a data slot warns of as it logs: records that come too late, symbols that have gone mute
// while they trade, and dates that a calendar does not list. Plain class behind data_slot.
#pragma once

#include "actors/market/cleaning/silence_monitor.hpp"
#include "actors/market/feed/clean_batch.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"
#include "runtime/telemetry/log_burst.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

struct slot_alarm_settings {
  slot_name slot{};
  std::size_t symbols = 0;     ///< of the cluster
  nanoseconds silence_limit{}; ///< see silence_monitor
  bool is_live = false;        ///< the source is; of another, late records are as recorded
  nanoseconds log_interval{};  ///< see log_burst
};

class slot_alarms {
public:
  explicit slot_alarms(const slot_alarm_settings& settings)
      : settings_(settings), silence_(settings.symbols, settings.silence_limit) {}

  /// Watches the slot's symbols that have an instrument entry. Fails on sessions that no calendar
  /// can be made of. `symbols` and `own` are by symbol.
  result<void> watch(std::span<const std::string> symbols, const std::vector<bool>& own,
                     const instrument_table& instruments);

  /// A round was logged: whether there is something to say.
  bool note(std::span<const clean_batch> parts, timestamp time_mark);

  /// A line for each thing of the last note; what happens often is kept short. `now` is of any
  /// clock that runs on.
  std::vector<std::string> say(std::span<const std::string> symbols, log_burst::instant now);

  const silence_monitor& silence() const { return silence_; }

private:
  void note_late(std::span<const clean_batch> parts);

  slot_alarm_settings settings_;
  silence_monitor silence_;
  std::map<timestamp, std::set<std::string>> calendar_ends_; ///< names by the end of their dates
  log_burst silence_log_{settings_.log_interval};
  log_burst late_log_{settings_.log_interval};
  // Of the last note:
  std::uint64_t late_ = 0;
  symbol_id first_late_{};
  timestamp newest_tick_{};
  std::vector<silence_monitor::mute_symbol> mute_;
};

} // namespace tickmesh
