// Ticks that are sorted with part of them in a file, and sources that do so.
#include "actors/market/sources/file/tick_sorter.hpp"

#include "tests/support/log_files.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <random>
#include <stdexcept>
#include <tuple>

namespace tickmesh::tick_sorter_test {

namespace {

constexpr std::size_t some = 200'000; // more than three runs
constexpr std::size_t run_bytes = 65'536 * sizeof(tick);

/// In order; many are of one time, as those of a burst are.
std::vector<tick> ordered_ticks() {
  std::mt19937_64 random{7};
  std::vector<tick> out(some);
  std::int64_t ns = 0;
  for (std::size_t i = 0; i < some; ++i) {
    ns += static_cast<std::int64_t>(random() % 2);
    out[i].effective_time = from_ns(ns);
    out[i].source = source_id{static_cast<source_id::rep>(random() % 3)};
    out[i].position = source_position{i + 2};
    out[i].last = price{static_cast<std::int64_t>(random())};
  }
  std::ranges::stable_sort(out, {}, [](const tick& t) {
    return std::tuple{t.effective_time, t.source, t.position};
  });
  return out;
}

std::shared_ptr<const sorted_ticks> sort(const std::vector<tick>& ticks, std::size_t memory_max,
                                         const std::filesystem::path& directory) {
  tick_sorter sorter{directory, memory_max};
  for (auto& t : ticks)
    REQUIRE(sorter.push(t));
  auto sorted = sorter.finish();
  REQUIRE(sorted);
  return *sorted;
}

std::vector<tick> read_all(sorted_cursor& cursor) {
  std::vector<tick> out;
  for (tick t; cursor.next(t);)
    out.push_back(t);
  return out;
}

std::size_t runs_in_file(const sorted_ticks& ticks) {
  return static_cast<std::size_t>(
      std::ranges::count_if(ticks.runs(), [](auto& run) { return run.ticks.empty(); }));
}

} // namespace

TEST_CASE("ticks come in their order, however they were pushed and wherever they wait") {
  log_directory scratch;
  auto expected = ordered_ticks();
  auto shuffled = expected;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64{11});
  auto swapped = expected; // nearly in order, as recorded files are
  for (std::size_t i = 0; i + 9 < some; i += 1'000)
    std::swap(swapped[i], swapped[i + 9]);
  for (auto& [memory_max, in_file] :
       {std::pair{std::size_t{0}, std::size_t{4}}, {run_bytes * 2, 2}, {run_bytes * 9, 0}}) {
    for (auto* given : {&expected, &swapped, &shuffled}) {
      auto sorted = sort(*given, memory_max, scratch.log());
      CHECK(runs_in_file(*sorted) == in_file);
      sorted_cursor first{sorted};
      sorted_cursor second{sorted};
      tick t;
      for (int i = 0; i < 1'500; ++i) // each has a place of its own
        REQUIRE(second.next(t));
      CHECK(read_all(first) == expected);
      CHECK_FALSE(first.next(t));
      CHECK(read_all(second) == std::vector<tick>(expected.begin() + 1'500, expected.end()));
    }
  }
}

TEST_CASE("the file of a sorter has no name, and needs no directory while memory is enough") {
  log_directory scratch;
  auto directory = scratch.log() / "not" / "yet";
  auto ticks = ordered_ticks();
  auto held = sort(ticks, run_bytes * 9, directory);
  CHECK_FALSE(std::filesystem::exists(directory));
  auto stored = sort(ticks, 0, directory);
  CHECK(std::filesystem::is_empty(directory));
}

TEST_CASE("no tick is none") {
  log_directory scratch;
  auto sorted = sort({}, 0, scratch.log());
  tick t;
  CHECK_FALSE(sorted_cursor{sorted}.next(t));
}

TEST_CASE("a full disk or a failing call at any moment is said with the file's name") {
  auto ticks = ordered_ticks();
  ticks.resize(70'000); // a run and a bit: 69 blocks
  std::size_t failed = 0;
  for (std::uint64_t broken_at = 1; broken_at < 80; ++broken_at) {
    log_directory scratch;
    broken_file_system files{broken_at, broken_call::full_disk};
    tick_sorter sorter{scratch.log(), 0, files};
    std::optional<fault> why;
    auto note = [&why](auto done) {
      if (!done && !why) why = done.error();
    };
    for (auto& t : ticks)
      if (!why) note(sorter.push(t));
    if (!why) note(sorter.finish());
    if (!why) continue;
    ++failed;
    CHECK(why->message.find("rows-") != std::string::npos);
    CHECK(why->message.find("No space left") != std::string::npos);
  }
  CHECK(failed == 71); // open, unlink, 69 writes
}

TEST_CASE("a short write is gone on with") {
  log_directory scratch;
  auto ticks = ordered_ticks();
  broken_file_system files{20, broken_call::short_write};
  tick_sorter sorter{scratch.log(), 0, files};
  for (auto& t : ticks)
    REQUIRE(sorter.push(t));
  sorted_cursor cursor{sorter.finish().value()};
  CHECK(read_all(cursor) == ticks);
}

TEST_CASE("a cursor that can't read its file throws what the system says") {
  log_directory scratch;
  auto ticks = ordered_ticks();
  broken_file_system files{400, broken_call::input_output_error}; // behind 198 calls that write
  tick_sorter sorter{scratch.log(), 0, files};
  for (auto& t : ticks)
    REQUIRE(sorter.push(t));
  auto sorted = sorter.finish().value();
  sorted_cursor good{sorted};
  CHECK(read_all(good).size() == some);
  sorted_cursor bad{sorted};
  CHECK_THROWS_WITH_AS(read_all(bad), doctest::Contains("rows-"), std::runtime_error);
}

TEST_CASE("a source yields the same records and fingerprint, in memory or from a file") {
  market_files files;
  std::mt19937_64 random{5};
  std::vector<std::string> paths;
  for (int file = 0; file < 2; ++file) {
    std::string text{own_header};
    for (int i = 0; i < 70'000; ++i)
      text += fmt::format("{},S{},trade,{},1,,,,\n", 1'700'000'000'000 + i + file * 30'000,
                          random() % 40, 100 + random() % 9);
    paths.push_back(files.write(fmt::format("{}.csv", file), text));
  }
  auto settings = file_source_settings(paths);
  auto held = load_good(settings);
  settings.file.memory_mib = 0;
  auto stored = load_good(settings);
  CHECK(held->fingerprint() == stored->fingerprint());
  std::filesystem::rename(paths[1], files.path("other.csv"));
  CHECK(load_good(file_source_settings({paths[0], files.path("other.csv")}))->fingerprint() !=
        held->fingerprint()); // rows of rejected ticks name the file
  auto records = read_records(*held);
  CHECK(records.size() == 140'000);
  CHECK(read_records(*stored) == records);
  CHECK(std::ranges::is_sorted(records, {}, &tick::event_time));
}

} // namespace tickmesh::tick_sorter_test
