// The order of records and time marks that a source of files yields.
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

namespace tickmesh::feed_merge_test {

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t begin_ms = 1'700'000'000'000;

/// A row of our own format, `time_ms` behind begin_ms.
std::string row(std::int64_t time_ms, const std::string& symbol) {
  return fmt::format("{},{},trade,100,1,,,,\n", begin_ms + time_ms, symbol);
}

/// What a cursor gives: `A2` for symbol A of line 2 (`/n` behind it for file n > 0), `|30` for a
/// mark 30 ms behind begin_ms.
std::string transcript(const feed_source& source, feed& cursor) {
  std::string out;
  tick t;
  for (;;) {
    switch (cursor.next(t)) {
    case feed_event::idle: FAIL("a file is never idle"); return out;
    case feed_event::end: return out;
    case feed_event::time_mark:
      out += fmt::format("|{} ", to_ns(cursor.time_mark()) / ms - begin_ms);
      break;
    case feed_event::record:
      CHECK(t.source_mark == cursor.time_mark());
      out += source.symbols().name(t.symbol) + std::to_string(t.position.value);
      if (t.source.value > 0) out += fmt::format("/{}", t.source.value);
      out += ' ';
    }
  }
}

std::string transcript(const std::vector<std::string>& bodies) {
  market_files files;
  std::vector<std::string> paths;
  for (auto& body : bodies)
    paths.push_back(
        files.write(fmt::format("part{}.csv", paths.size()), std::string{own_header} + body));
  auto source = load_good(file_source_settings(paths));
  return transcript(*source, *source->open());
}

} // namespace

TEST_CASE("symbols that stand one after the other in a file are merged by time") {
  CHECK(transcript({row(1, "A") + row(3, "A") + row(2, "B") + row(4, "B")}) == "|0 A2 B4 A3 B5 ");
}

TEST_CASE("a symbol's own order in a file is kept when its times go back") {
  CHECK(transcript({row(5, "A") + row(3, "A") + row(6, "A") + row(4, "B")}) == "|0 B5 A2 A3 A4 ");
}

TEST_CASE("equal times go by file and then by line") {
  CHECK(transcript({row(5, "B") + row(5, "A"), row(5, "A") + row(4, "C")}) ==
        "|0 C3/1 B2 A3 A2/1 ");
}

TEST_CASE("the running maximum of a stream is one file's own") {
  CHECK(transcript({row(9, "A"), row(1, "A") + row(2, "A")}) == "|0 A2/1 A3/1 A2 ");
}

TEST_CASE("a mark stands before the first record at or behind a multiple of the interval") {
  CHECK(transcript({row(3, "A") + row(9, "A") + row(10, "A") + row(19, "A") + row(47, "A")}) ==
        "|0 A2 A3 |10 A4 A5 |40 A6 ");
}

TEST_CASE("a record that goes back behind a mark causes none and stands behind it") {
  CHECK(transcript({row(12, "A") + row(3, "A") + row(25, "A")}) == "|10 A2 A3 |20 A4 ");
}

TEST_CASE("a record is late exactly when its event time lies before its source's mark") {
  market_files files;
  auto path = files.write("a.csv", std::string{own_header} + row(12, "A") + row(9, "A") +
                                       row(11, "A") + row(10, "A"));
  auto records = read_records(*load_good(file_source_settings({path})));
  REQUIRE(records.size() == 4);
  std::vector<bool> late;
  for (auto& t : records)
    late.push_back(t.event_time < t.source_mark);
  CHECK(late == std::vector<bool>{false, true, false, false});
}

TEST_CASE("the interval of the settings spaces the marks") {
  market_files files;
  auto settings = file_source_settings(
      {files.write("a.csv", std::string{own_header} + row(3, "A") + row(9, "A"))});
  settings.time_mark_interval = nanoseconds{2 * ms};
  auto source = load_good(settings);
  CHECK(transcript(*source, *source->open()) == "|2 A2 |8 A3 ");
  settings.time_mark_interval = nanoseconds{0};
  CHECK(load_fault(settings).starts_with("source.time_mark_interval"));
}

TEST_CASE("every cursor gives the same from the start and ends for ever") {
  market_files files;
  auto path = files.write("a.csv", std::string{own_header} + row(12, "B") + row(30, "A"));
  auto source = load_good(file_source_settings({path}));
  auto cursor = source->open();
  auto first = transcript(*source, *cursor);
  tick t;
  CHECK(cursor->next(t) == feed_event::end);
  CHECK(cursor->next(t) == feed_event::end);
  CHECK(first == "|10 B2 |30 A3 ");
  CHECK(transcript(*source, *source->open()) == first);
}

TEST_CASE("a cursor outlives the handle of its source") {
  market_files files;
  auto path = files.write("a.csv", std::string{own_header} + row(1, "A"));
  auto cursor = load_good(file_source_settings({path}))->open();
  tick t;
  CHECK(cursor->next(t) == feed_event::time_mark);
  CHECK(cursor->next(t) == feed_event::record);
  CHECK(cursor->next(t) == feed_event::end);
}

TEST_CASE("symbols are sorted by name and sources are named after their files") {
  market_files files;
  auto a = files.write("a.csv", std::string{own_header} + row(1, "C") + row(2, "A"));
  auto b = files.write("b.csv", std::string{own_header} + row(1, "B"));
  auto source = load_good(file_source_settings({a, b}));
  CHECK(source->symbols().names() == std::vector<std::string>{"A", "B", "C"});
  CHECK(source->source_names() == std::vector<std::string>{"a.csv", "b.csv"});
}

TEST_CASE("the fingerprint depends on content and not on the directory") {
  market_files files;
  market_files elsewhere;
  auto body = std::string{own_header} + row(1, "A") + row(2, "A");
  auto of = [](const std::string& path) {
    return load_good(file_source_settings({path}))->fingerprint();
  };
  auto same = of(files.write("a.csv", body));
  CHECK(same == of(elsewhere.write("a.csv", body)));
  CHECK(same != of(files.write("a.csv", body + row(2, "A"))));
  CHECK(same != of(files.write("a.csv", std::string{own_header} + row(1, "A") + row(3, "A"))));
}

} // namespace tickmesh::feed_merge_test
