// Rows leave a calculation slot in the order of the results, however they came.
#include "actors/calc/slot/row_outbox.hpp"

#include "tests/support/calc_ticks.hpp"

#include <doctest/doctest.h>

#include <random>

namespace tickmesh::row_outbox_test {

namespace {

constexpr std::uint64_t plenty = 1 << 20;

factor_row row_at(std::int64_t ns, std::uint32_t symbol, std::uint16_t strategy,
                  std::uint64_t number) {
  factor_row out;
  out.effective_time = from_ns(ns);
  out.symbol = symbol_id{symbol};
  out.strategy = strategy_id{strategy};
  out.last_tick = sequence{number};
  return out;
}

row_outbox make_outbox(std::uint64_t held_bytes_max = plenty) {
  return {{"AA", "BB"}, {"z", "a"}, held_bytes_max};
}

/// Does all that the writer is to do; the text of each file.
std::map<std::string, std::string> write_all(row_outbox& outbox) {
  std::map<std::string, std::string> out;
  for (;;) {
    auto tasks = outbox.take_tasks();
    if (tasks.empty()) return out;
    for (auto& task : tasks) {
      task.append(out[task.file]);
      outbox.written(task.bytes);
    }
  }
}

std::string text_of(const std::vector<factor_row>& rows) {
  const char* symbols[] = {"AA", "BB"};
  const char* strategies[] = {"z", "a"};
  std::string out;
  for (auto& row : rows)
    append_factor_row(out, row, symbols[row.symbol.value], strategies[row.strategy.value]);
  return out;
}

} // namespace

TEST_CASE("rows are written by time, symbol, name of the strategy and number") {
  auto outbox = make_outbox();
  std::vector<factor_row> sorted{row_at(1, 1, 0, 9), row_at(2, 0, 1, 2), row_at(2, 0, 1, 10),
                                 row_at(2, 0, 0, 1), row_at(2, 1, 1, 1)};
  for (auto i : {3, 1, 4, 0, 2})
    outbox.add_factors({&sorted[static_cast<std::size_t>(i)], 1});
  outbox.settle(from_ns(3));
  CHECK(write_all(outbox)["factors"] == text_of(sorted));
  CHECK(outbox.is_empty());
}

TEST_CASE("a row waits for a mark behind it") {
  auto outbox = make_outbox();
  auto first = row_at(5, 0, 0, 1), second = row_at(5, 0, 1, 1);
  outbox.add_factors({&first, 1});
  outbox.settle(from_ns(5));
  CHECK(write_all(outbox)["factors"].empty());
  outbox.add_factors({&second, 1});
  CHECK(write_all(outbox)["factors"].empty());
  CHECK(outbox.is_empty()); // nothing is there to be done until the mark moves
  outbox.settle(from_ns(6));
  CHECK_FALSE(outbox.is_empty());
  CHECK(write_all(outbox)["factors"] == text_of({second, first}));
  outbox.settle(from_ns(7));
  CHECK(outbox.is_empty());
}

TEST_CASE("in whatever pieces rows and marks come, the text is the same") {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    std::vector<factor_row> rows;
    std::int64_t ns = 0;
    for (std::uint64_t i = 1; i <= 400; ++i)
      rows.push_back(row_at(ns += random() % 3, random() % 2, random() % 2, i));
    auto outbox = make_outbox();
    std::string written;
    for (std::size_t at = 0; at < rows.size();) {
      auto end = std::min(rows.size(), at + 1 + random() % 30);
      std::vector<factor_row> piece(rows.begin() + static_cast<std::ptrdiff_t>(at),
                                    rows.begin() + static_cast<std::ptrdiff_t>(end));
      std::shuffle(piece.begin(), piece.end(), random);
      outbox.add_factors(piece);
      if (random() % 3 > 0 && end < rows.size()) outbox.settle(rows[end].effective_time);
      at = end;
      if (random() % 2 > 0) written += write_all(outbox)["factors"];
    }
    outbox.settle(end_of_time);
    written += write_all(outbox)["factors"];
    std::ranges::sort(rows, [](auto& a, auto& b) {
      auto key = [](auto& r) {
        return std::tuple{r.effective_time, r.symbol, r.strategy.value == 0, r.last_tick};
      };
      return key(a) < key(b);
    });
    CHECK(written == text_of(rows));
    CHECK(outbox.is_empty());
  }
}

TEST_CASE("signals have an order of their own") {
  auto outbox = make_outbox();
  std::vector<signal> signals(2);
  signals[0].effective_time = from_ns(9);
  signals[0].name.strategy = strategy_id{1};
  signals[1].effective_time = from_ns(8);
  signals[0].direction = signals[1].direction = 1;
  outbox.add_signals(signals);
  outbox.settle(from_ns(9));
  std::string expected;
  append_signal_row(expected, signals[1], "AA", "z");
  CHECK(write_all(outbox)["signals"] == expected);
  outbox.settle(end_of_time);
  expected.clear();
  append_signal_row(expected, signals[0], "AA", "a");
  CHECK(write_all(outbox)["signals"] == expected);
}

TEST_CASE("while the writer is at work, few rows wait for it and many do not") {
  auto outbox = make_outbox();
  auto row = row_at(1, 0, 0, 1);
  outbox.add_factors({&row, 1});
  auto first = outbox.take_tasks();
  REQUIRE(first.size() == 1);
  outbox.add_factors({&row, 1});
  CHECK(outbox.take_tasks().empty());
  CHECK_FALSE(outbox.is_empty());
  outbox.add_factors(std::vector<factor_row>(5'000, row));
  auto second = outbox.take_tasks();
  REQUIRE(second.size() == 1);
  CHECK(outbox.is_behind());
  outbox.written(first[0].bytes);
  outbox.written(second[0].bytes);
  CHECK_FALSE(outbox.is_behind());
  CHECK(outbox.is_empty());
}

TEST_CASE("rows that a mark leaves waiting are bounded, at the cost of their order") {
  auto outbox = make_outbox(100 * 300);
  std::vector<factor_row> rows;
  for (std::uint64_t i = 1; i <= 1'000; ++i)
    rows.push_back(row_at(static_cast<std::int64_t>(i), 0, 0, i));
  outbox.add_factors(rows);
  CHECK(write_all(outbox)["factors"] == text_of(rows));
}

} // namespace tickmesh::row_outbox_test
