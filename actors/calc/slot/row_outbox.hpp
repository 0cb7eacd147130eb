// Result rows on their way from a calculation slot to the writer, in whose thread they are put in
// order and become text. Plain class behind calc_slot.
#pragma once

#include "actors/calc/slot/calculation_rows.hpp"
#include "actors/calc/slot/settled_rows.hpp"
#include "messages/signal.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

class row_outbox {
public:
  /// Names by id. With more than `held_bytes_max` of rows the writer is behind.
  row_outbox(std::vector<std::string> symbols, std::vector<std::string> strategies,
             std::uint64_t held_bytes_max);

  void add_factors(std::span<const factor_row> rows) { factors_.add(rows); }
  /// Their text has nothing of the clocks.
  void add_signals(std::span<const signal> rows) { signals_.add(rows); }

  /// None before `mark` follows.
  void settle(timestamp mark) {
    factors_.settle(mark);
    signals_.settle(mark);
  }

  /// Rows for a file: `append` makes them, in the writer's thread.
  struct task {
    const char* file = nullptr;
    std::uint64_t bytes = 0; ///< about so many are held until they are written
    std::function<void(std::string&)> append;
  };

  /// What the writer is to do now. While it is at work, rows gather: many at a time cost less.
  std::vector<task> take_tasks();

  void written(std::uint64_t bytes) { unwritten_bytes_ -= bytes; }

  /// Everything has been written.
  bool is_empty() const {
    return unwritten_bytes_ == 0 && !factors_.has_news() && !signals_.has_news();
  }
  bool is_behind() const { return unwritten_bytes_ > held_bytes_max_; }

private:
  struct in_writer;

  std::uint64_t held_bytes_max_;
  std::uint64_t unwritten_bytes_ = 0;
  gathered_rows<factor_row> factors_;
  gathered_rows<signal> signals_;
  std::shared_ptr<in_writer> writer_;
};

} // namespace tickmesh
