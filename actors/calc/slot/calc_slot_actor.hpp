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
#include "actors/calc/slot/digest_book.hpp"
#include "actors/calc/slot/mark_merge.hpp"
#include "actors/calc/slot/own_symbols.hpp"
#include "actors/calc/slot/piece_queue.hpp"
#include "actors/calc/slot/replay_buffer.hpp"
#include "actors/calc/slot/row_outbox.hpp"
#include "actors/calc/slot/signal_outbox.hpp"
#include "messages/instrument.hpp"
#include "runtime/actors/awake_clock.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/links/link_inbox.hpp"
#include "runtime/links/link_outbox.hpp"
#include "runtime/links/suspect_links.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct calc_slot_options {
  slot_context context;
  bool is_replica = false; ///< until a view makes its host the owner
  std::shared_ptr<const instrument_table> instruments;
  std::vector<strategy_settings> strategies;
  bool write_rows = true;
  std::size_t frame_signals_max = 4096; ///< below the 1 MiB that slows heartbeats
  std::uint64_t signals_held_max = calc_settings{}.signals_held_max; ///< not yet acknowledged
  /// Of rows, handed to the writer and not yet written.
  std::uint64_t rows_held_bytes_max = calc_settings{}.rows_held_mib_max << 20;
  std::uint64_t quarantined_max = calc_settings{}.quarantined_max; ///< symbols
  std::function<void(const tick&)> probe; ///< tests: see factor_calculator_options
};

/// A frame that execution has not acknowledged, and up to where all signals went with it or before.
struct held_signals {
  caf::message frame;
  calc_position covers;
};

/// The replica of a slot, as its owner knows it.
struct known_shadow {
  caf::actor handle;
  std::string host_id;
  epoch since{};
  calc_position told;                      ///< the last word to it
  bool is_in_sync = false;                 ///< as it was reported
  std::string refusal{};                   ///< why it is to begin again; empty: it is not
  std::optional<nanoseconds> behind_since; ///< while it is not where it was told of
};

struct calc_slot_state {
  calc_slot_options options;
  slot_report report;
  symbol_table symbols;
  link_inboxes<caf::actor> inboxes;              ///< of data slots
  link_outboxes<caf::actor, held_signals> links; ///< to execution slots
  std::optional<known_shadow> shadow;            ///< of an owner
  std::map<slot_name, caf::actor> upstream;      ///< of a replica: data slots, and the owner
  suspect_links suspects{{}};                    ///< of these
  std::optional<awake_clock> link_time;          ///< by which they are judged
  own_symbols<caf::actor> own;
  frame_memory frame_bytes;
  piece_queue pieces;
  mark_merge marks;
  std::unique_ptr<replay_buffer> replay;
  crash_judge crashes;
  std::unique_ptr<signal_outbox> outbox;
  calc_position sent; ///< all signals up to there have been
  std::unique_ptr<digest_book> digests;
  std::unique_ptr<row_outbox> rows;
  caf::actor supervisor;
  std::uint64_t queued_ticks = 0;
  bool finished = false;
  std::uint64_t* factors = nullptr; ///< counts and delays of the report
  delay_histogram* feed_delays = nullptr;
  delay_histogram* calc_delays = nullptr;
  const char* name = "calc_slot";
};

using calc_slot_actor = caf::stateful_actor<calc_slot_state>;

caf::behavior calc_slot(calc_slot_actor* self, calc_slot_options options);

/// Names of the counts and delays in a calculation slot's report.
inline constexpr const char* factors_count = "factors";
inline constexpr const char* signals_count = "signals";
inline constexpr const char* unpriced_count = "ticks_unpriced";       ///< where there are any
inline constexpr const char* skipped_count = "ticks_quarantined";     ///< likewise
inline constexpr const char* divergences_count = "replicas_diverged"; ///< where there are any
inline constexpr const char* feed_to_calc_delay = "feed_to_calc";
inline constexpr const char* calc_delay = "calc";

} // namespace tickmesh
