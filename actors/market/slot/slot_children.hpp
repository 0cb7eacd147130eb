// The actors below a data slot: the streams of its symbols and its feed, which a supervisor starts.
// Plain class behind data_slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace tickmesh {

/// The supervisor's key of the feed handler; symbols have their ids.
inline constexpr std::uint64_t feed_key = std::uint64_t{1} << 32;

/// `Handle` is an actor, null where there is none.
template <class Handle>
class slot_children {
public:
  enum class arrival : std::uint8_t {
    first,     ///< a stream runs
    all,       ///< a feed, which starts last: every stream is there
    restarted, ///< a stream runs again, and needs its symbol's records since the source's start
  };

  /// So many symbols, of other slots, too.
  void expect_symbols(std::size_t symbols) { streams_.resize(symbols); }

  /// The supervisor has started a child, after so many restarts.
  arrival take(std::uint64_t key, Handle handle, std::size_t restarts) {
    if (key == feed_key) {
      feed_ = std::move(handle);
      return arrival::all;
    }
    streams_[key] = std::move(handle);
    if (restarts == 0) return arrival::first;
    to_rebuild_.insert(key);
    return arrival::restarted;
  }

  /// The feed has sent a stream, as it was started last, its symbol's records.
  void rebuilt(std::uint64_t key, const Handle& handle) {
    if (streams_[key] == handle) to_rebuild_.erase(key);
  }
  /// Streams that need them, by symbol.
  const std::set<std::uint64_t>& to_rebuild() const { return to_rebuild_; }

  const Handle& feed() const { return feed_; }
  /// By symbol; null where another slot owns it.
  const std::vector<Handle>& streams() const { return streams_; }

private:
  std::vector<Handle> streams_;
  std::set<std::uint64_t> to_rebuild_;
  Handle feed_{};
};

} // namespace tickmesh
