// The order in which a data slot ends: everything is passed on, the rows of rejected ticks are
// written, its subscribers have had their time, and it says so. Plain class behind data_slot.
#pragma once

#include <cstdint>

namespace tickmesh {

class slot_end {
public:
  enum class step : std::uint8_t {
    wait,
    write_rejected,       ///< to be begun, once
    wait_for_subscribers, ///< everything else is done
    report,               ///< the slot has finished; said once
  };

  /// `writes_rows`: the rejected ticks have rows in the results.
  explicit slot_end(bool writes_rows) : writes_rows_(writes_rows) {}

  /// `is_passed_on`: the stream has ended, and whoever is downstream is done with all of it.
  step next(bool is_passed_on, bool subscribers_done) {
    if (is_over_ || !is_passed_on) return step::wait;
    if (writes_rows_ && !is_asked_) {
      is_asked_ = true;
      return step::write_rejected;
    }
    if (writes_rows_ && !is_written_) return step::wait;
    if (!subscribers_done) return step::wait_for_subscribers;
    is_over_ = true;
    return step::report;
  }

  /// So many rows were written.
  void rejected_written(std::uint64_t rows) {
    is_written_ = true;
    rejected_rows_ = rows;
  }

  /// The slot can't go on.
  void fail() { is_over_ = true; }

  bool is_over() const { return is_over_; }
  bool writes_rows() const { return writes_rows_; }
  std::uint64_t rejected_rows() const { return rejected_rows_; }

private:
  bool writes_rows_;
  bool is_asked_ = false;
  bool is_written_ = false;
  bool is_over_ = false;
  std::uint64_t rejected_rows_ = 0;
};

} // namespace tickmesh
