// A frame of ticks as a calculation slot received it: its bytes, and where each symbol's runs are.
// Shared by the calculators and the replay buffer; nothing is copied and nothing changes.
#pragma once

#include "actors/calc/slot/frame_memory.hpp"
#include "messages/tick_run.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace tickmesh {

class received_frame {
public:
  /// Fails as read_tick_frame does, and on a symbol whose id is not below `symbols`.
  static result<std::shared_ptr<const received_frame>> read(kept_bytes payload,
                                                            std::size_t symbols);

  /// Stands for "no run".
  static constexpr std::uint32_t none = UINT32_MAX;

  const tick_frame_view& view() const { return view_; }

  /// The first run of each symbol that has one, in the order in which the symbols appear.
  const std::vector<std::uint32_t>& first_runs() const { return first_runs_; }

  /// The place of a symbol in first_runs(), or none.
  std::uint32_t place_of(symbol_id symbol) const {
    for (std::uint32_t place = 0; place < first_runs_.size(); ++place)
      if (view_.runs[first_runs_[place]].symbol == symbol) return place;
    return none;
  }

  /// The next run of the same symbol, or none.
  std::uint32_t next_run(std::uint32_t run) const { return next_runs_[run]; }

  /// What it takes in memory.
  std::size_t memory_bytes() const {
    return sizeof *this + payload_.bytes.size() + view_.runs.size() * sizeof(tick_run_view) +
           (first_runs_.size() + next_runs_.size()) * sizeof(std::uint32_t);
  }

private:
  explicit received_frame(kept_bytes payload) : payload_(std::move(payload)) {}

  kept_bytes payload_;
  tick_frame_view view_; ///< points into payload_
  std::vector<std::uint32_t> first_runs_;
  std::vector<std::uint32_t> next_runs_;
};

} // namespace tickmesh
