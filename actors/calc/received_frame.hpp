// A frame of ticks as a calculation slot received it: its bytes, and where each symbol's runs are.
// Shared by the calculators and the replay buffer; nothing is copied and nothing changes.
#pragma once

#include "messages/tick_run.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

class received_frame {
public:
  /// Fails as read_tick_frame does, and on a symbol whose id is not below `symbols`.
  static result<std::shared_ptr<const received_frame>> read(std::string payload,
                                                            std::size_t symbols);

  /// Stands for "no run".
  static constexpr std::uint32_t none = UINT32_MAX;

  const tick_frame_view& view() const { return view_; }

  /// The first run of each symbol that has one, in the order in which the symbols appear.
  const std::vector<std::uint32_t>& first_runs() const { return first_runs_; }

  /// The first run of a symbol, or none.
  std::uint32_t first_run_of(symbol_id symbol) const {
    for (auto run : first_runs_)
      if (view_.runs[run].symbol == symbol) return run;
    return none;
  }

  /// The next run of the same symbol, or none.
  std::uint32_t next_run(std::uint32_t run) const { return next_runs_[run]; }

  /// What it takes in memory.
  std::size_t memory_bytes() const {
    return sizeof *this + payload_.size() + view_.runs.size() * sizeof(tick_run_view) +
           (first_runs_.size() + next_runs_.size()) * sizeof(std::uint32_t);
  }

private:
  explicit received_frame(std::string payload) : payload_(std::move(payload)) {}

  std::string payload_;
  tick_frame_view view_; ///< points into payload_
  std::vector<std::uint32_t> first_runs_;
  std::vector<std::uint32_t> next_runs_;
};

} // namespace tickmesh
