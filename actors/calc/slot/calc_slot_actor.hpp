// A calculation slot: takes frames from every data slot, deals them to the calculators of its
// symbols, and sends their signals to every execution slot, with the time mark behind them.
//
//   links -> calc_slot -> factor_calculator (one per symbol) -> calc_slot -> links
//
// A sender says hello and is told where to go on; from then on it alone is heard. A receiver is
// greeted in the same way, and signals wait until it has answered.
#pragma once

#include "actors/calc/calc_settings.hpp"
#include "actors/calc/slot/calc_protocol.hpp"
#include "actors/calc/slot/replay_buffer.hpp"
#include "messages/instrument.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/links/link.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tickmesh {

struct calc_slot_options {
  slot_context context;
  std::shared_ptr<const instrument_table> instruments;
  std::vector<strategy_settings> strategies;
  bool write_rows = true;
  std::size_t frame_signals_max = 4096;             ///< below the 1 MiB that slows heartbeats
  std::uint64_t outbox_signals_max = 1'000'000;     ///< sent, not yet acknowledged
  std::uint64_t unwritten_bytes_max = 256ULL << 20; ///< handed to the writer, not yet written
  std::function<void(const tick&)> probe;           ///< tests: see factor_calculator_options
};

struct calc_slot_state {
  struct upstream {
    link_receiver link;
    ack_pacer acks;
    timestamp mark{};
    bool final = false;
    bool ack_is_due = false;
    caf::actor sender{};     ///< who said hello, or sent a frame, last
    bool is_greeted = false; ///< by `sender`; from then on, frames of others do not count
    bool has_ended = false;  ///< its final frame is here
  };
  struct downstream {
    caf::actor receiver;
    link_sender link;
    bool is_open = false; ///< the receiver has said where to begin
  };
  struct symbol_entry {
    caf::actor calculator; ///< null where another slot owns the symbol
    bool is_own = false;
    std::uint32_t own_place = 0; ///< in `own`: its part of an advance
  };

  calc_slot_options options;
  symbol_table symbols;
  std::vector<std::string> strategy_names;
  std::set<nanoseconds> window_steps; ///< of the windowed strategies
  std::vector<symbol_entry> entries;  ///< by symbol
  std::vector<symbol_id> own;
  std::size_t calculators_missing = 0;
  caf::actor supervisor;
  std::map<slot_name, upstream> sources;
  std::map<slot_name, downstream> links;
  std::deque<std::shared_ptr<calc_piece>> pieces; ///< that are not passed on yet
  std::uint64_t first_piece = 1;                  ///< number of the oldest of them
  std::vector<std::shared_ptr<calc_piece>> spare_pieces;
  std::unique_ptr<replay_buffer> replay;
  frame_memory frame_bytes;
  timestamp advanced_to{}; ///< the mark of the last advance piece
  timestamp sent_mark{};
  timestamp unsent_mark{}; ///< that covers unsent_signals
  bool unsent_final = false;
  std::vector<signal> unsent_signals;
  bool ack_timer_runs = false;
  std::uint64_t unwritten_bytes = 0;
  std::uint64_t queued_ticks = 0;
  bool end_sent = false;
  bool finished = false;
  bool peers_known = false;
  slot_report report;
  std::uint64_t* factors = nullptr; ///< counts and delays of the report
  delay_histogram* feed_delays = nullptr;
  delay_histogram* calc_delays = nullptr;
  const char* name = "calc_slot";
};

caf::behavior calc_slot(caf::stateful_actor<calc_slot_state>* self, calc_slot_options options);

/// An acknowledgement waits at most this long for more to come.
inline constexpr std::chrono::milliseconds ack_delay_max{2};

/// Names of the counts and delays in a calculation slot's report.
inline constexpr const char* factors_count = "factors";
inline constexpr const char* signals_count = "signals";
inline constexpr const char* unpriced_count = "ticks_unpriced"; ///< where there are any
inline constexpr const char* feed_to_calc_delay = "feed_to_calc";
inline constexpr const char* calc_delay = "calc";

} // namespace tickmesh
