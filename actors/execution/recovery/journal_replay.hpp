// Goes through a journal for those who ask about it afterwards: the orders in it, and what was
// known at each event. Needs no lock, so the slot may still be writing.
#pragma once

#include "actors/execution/replay/event_application.hpp"
#include "runtime/telemetry/machine.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace tickmesh {

/// An order that was judged, approved or not.
struct judged_order {
  order_id id{};
  std::uint64_t event = 0;             ///< at which it was judged: of the signal
  std::optional<order_request> form{}; ///< what was judged, of an operator's order; else nothing
};

/// What can be asked of a journal begins behind this event: 0, or where its first files were let go
/// of, that of its oldest snapshot. Fails as find_oldest_snapshot.
result<std::uint64_t> known_after(const std::filesystem::path& directory);

struct journal_contents {
  /// In order. An id comes again where an operator gives the order a new form, and where another
  /// signal has its hash.
  std::vector<judged_order> orders;
  std::uint64_t events = 0;      ///< the number of the last one
  std::uint64_t known_after = 0; ///< see known_after()
};

/// Reads what is known of a journal without applying it. Fails where it is damaged, and as
/// known_after().
result<journal_contents> read_judged_orders(const std::filesystem::path& directory);

/// The limits that hold at the end of a journal, and the names that their scopes may have: those of
/// its configurations, or `given` where it has none, and what operators have made of them.
result<limits_in_force> read_limits_in_force(const std::filesystem::path& directory,
                                             limits_in_force given);

/// The signal that is event `number`. Fails where the event is another, or not there.
result<signal> read_signal(const std::filesystem::path& directory, std::uint64_t number);

/// Told of every event of a replay that is no mark; each may be left out.
struct replay_listener {
  /// Before it is applied; the state is that of the event before.
  std::function<void(const sequenced_event&)> before;
  /// Behind it, with what it led to.
  std::function<void(const sequenced_event&, const batch_decisions&)> after;
  /// Told of every mark, before it is applied.
  std::function<void(const sequenced_event&)> mark;
};

/// Applies a journal from behind the state's last event: to a fresh state, which begins with its
/// first configuration where it has one, or to that of a snapshot. Fails where the journal is
/// damaged or no longer has the events, and as apply_record.
result<void> replay_journal(const std::filesystem::path& directory, trading_state& trading,
                            const replay_listener& listener, std::string_view build = build_id());

} // namespace tickmesh
