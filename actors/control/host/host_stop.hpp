// How a host stops: its slots and replicas in reverse start order, then its files, then itself; and
// with which outcome. Plain class behind host_agent.
#pragma once

#include "actors/control/cluster/host_outcome.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// `Handle` is the actor of a slot or replica.
template <class Handle>
class host_stop {
public:
  void started(Handle handle) { order_.push_back(std::move(handle)); }

  /// True once: what has started is to be ended, see next().
  bool begin(host_outcome outcome) {
    if (is_stopping_) return false;
    outcome_ = std::move(outcome);
    return is_stopping_ = true;
  }
  bool is_stopping() const { return is_stopping_; }

  /// Slots and replicas that have not ended.
  const std::vector<Handle>& running() const { return order_; }

  /// The next one to be ended; null when none is left, and the files are to be closed.
  const Handle* next() const { return order_.empty() ? nullptr : &order_.back(); }

  enum class ended : std::uint8_t {
    stranger, ///< `is_it` holds for none that has started
    awaited,  ///< the one that was to end next
    early,    ///< another one
  };

  template <class IsIt>
  ended remove(IsIt is_it) {
    bool is_awaited = is_stopping_ && !order_.empty() && is_it(order_.back());
    if (std::erase_if(order_, is_it) == 0) return ended::stranger;
    return is_awaited ? ended::awaited : ended::early;
  }

  /// The stop itself went wrong; the first fault is the outcome.
  void fail(std::string reason) {
    if (outcome_.exit_code == 0) outcome_ = {1, std::move(reason)};
  }

  /// What is left is to be heard by the control host.
  void files_are_closed() { is_saying_goodbye_ = true; }
  bool is_saying_goodbye() const { return is_saying_goodbye_; }

  const host_outcome& outcome() const { return outcome_; }

  bool is_over() const { return is_over_; }

  /// True once: the host has ended.
  bool end() { return !std::exchange(is_over_, true); }

private:
  std::vector<Handle> order_; ///< slots and replicas that have not ended; last first
  bool is_stopping_ = false;
  bool is_saying_goodbye_ = false;
  bool is_over_ = false;
  host_outcome outcome_;
};

} // namespace tickmesh
