// What a subscriber prints of ticks: rows, their bounds, and faults in what it is sent.
#include "apps/results/stream_rows.hpp"

#include "actors/market/transfer/tick_csv.hpp"
#include "tests/support/market_files.hpp"
#include "tests/support/small_market.hpp"

#include <nlohmann/json.hpp>

namespace tickmesh::stream_rows_test {

namespace {

constexpr std::uint32_t symbol_count = 3;

const std::vector<tick>& market() {
  static const auto out = make_small_market(symbol_count, 600, 9);
  return out;
}

std::vector<tick> ticks_of(std::uint32_t symbol) {
  std::vector<tick> out;
  for (auto& t : market())
    if (t.symbol.value == symbol) out.push_back(t);
  return out;
}

std::vector<streamed_symbol> streamed(std::uint32_t count = symbol_count) {
  std::vector<streamed_symbol> out;
  for (auto& name : small_market_symbols(count))
    out.push_back({name, price_source::last});
  return out;
}

stream_rows make_rows(stream_kind kind, std::optional<sequence> from = sequence{1}) {
  stream_rows_options options;
  options.kind = kind;
  options.from = from;
  options.strategies = share_strategies(small_strategies());
  return {options, streamed()};
}

result<void> add(stream_rows& rows, std::size_t symbol, std::span<const tick> ticks,
                 std::string& out) {
  std::string payload;
  append_tick_run(payload, ticks, first_data_epoch, 0);
  tick_frame_view frame;
  REQUIRE(read_tick_frame(payload, frame).has_value());
  return rows.add_run(symbol, frame.runs.front(), out);
}

void add_good(stream_rows& rows, std::size_t symbol, std::span<const tick> ticks,
              std::string& out) {
  auto added = add(rows, symbol, ticks, out);
  REQUIRE_MESSAGE(added.has_value(), added.error().message);
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  std::sort(out.begin(), out.end());
  return out;
}

std::string signal_rows(const std::vector<signal>& signals) {
  std::string out;
  for (auto& s : signals)
    append_signal_row(out, s, small_market_symbols(symbol_count)[s.name.symbol.value],
                      small_strategies()[s.name.strategy.value].name);
  return out;
}

} // namespace

TEST_CASE("factors and signals of a stream are those of the market, however it is cut") {
  auto names = small_market_symbols(symbol_count);
  auto expected = calculate(market(), names, small_strategies());
  REQUIRE(expected.signals.size() > 50);
  for (auto kind : {stream_kind::factors, stream_kind::signals})
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      std::mt19937_64 random{seed};
      auto rows = make_rows(kind);
      CHECK(rows.needs_all_marks());
      std::string out;
      std::size_t next = 0;
      while (next < market().size()) {
        auto end = std::min(market().size(), next + 1 + random() % 30);
        for (std::uint32_t s = 0; s < symbol_count; ++s) {
          std::vector<tick> run;
          for (auto i = next; i < end; ++i)
            if (market()[i].symbol.value == s) run.push_back(market()[i]);
          if (!run.empty()) add_good(rows, s, run, out);
        }
        if (end < market().size() && random() % 2 == 0)
          REQUIRE(rows.advance(market()[end].effective_time, out).has_value());
        next = end;
      }
      REQUIRE(rows.advance(end_of_time, out).has_value());
      CHECK(sorted_lines(out) == sorted_lines(kind == stream_kind::factors
                                                  ? expected.factor_rows
                                                  : signal_rows(expected.signals)));
    }
}

TEST_CASE("rows of ticks are read again by the reader of our own files") {
  auto rows = make_rows(stream_kind::ticks);
  auto text = rows.header();
  auto ticks = ticks_of(0);
  add_good(rows, 0, ticks, text);
  CHECK_FALSE(rows.needs_all_marks());
  CHECK(rows.needed(0).value == ticks.size() + 1);
  CHECK(rows.needed(1) == sequence{1});
  market_files files;
  auto source =
      load_good(file_source_settings({files.write("ticks.csv", text)}), small_market_instruments());
  std::string again = rows.header();
  auto records = read_records(*source);
  for (std::size_t i = 0; i < records.size(); ++i) {
    append_tick_row(again, records[i], "sym0");
    again += "," + std::to_string(i + 1) + "\n";
  }
  CHECK(again == text);
}

TEST_CASE("rows begin at a number, or where the present begins") {
  auto ticks = ticks_of(0);
  std::span<const tick> all{ticks};
  auto count_lines = [](const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  };
  SUBCASE("ticks") {
    auto rows = make_rows(stream_kind::ticks, sequence{51});
    CHECK(rows.needed(0) == sequence{51});
    std::string out;
    add_good(rows, 0, all.subspan(50), out);
    CHECK(count_lines(out) == ticks.size() - 50);
  }
  SUBCASE("factors need all ticks, and are printed from the number on") {
    std::string whole, part;
    auto from_start = make_rows(stream_kind::factors);
    add_good(from_start, 0, all, whole);
    auto rows = make_rows(stream_kind::factors, sequence{101});
    CHECK(rows.needed(0) == sequence{1});
    add_good(rows, 0, all, part);
    REQUIRE(!part.empty());
    CHECK(whole.ends_with(part));
    auto first = part.substr(0, part.find('\n'));
    CHECK_MESSAGE(first.find(",101,") != std::string::npos, first);
    CHECK(count_lines(part) < count_lines(whole));
  }
  SUBCASE("now") {
    auto rows = make_rows(stream_kind::ticks, std::nullopt);
    CHECK(rows.needed(0) == sequence{});
    std::string out;
    add_good(rows, 0, all.first(20), out);
    CHECK(out.empty());
    rows.begin_live(0);
    add_good(rows, 0, all.subspan(20, 5), out);
    CHECK(count_lines(out) == 5);
  }
}

TEST_CASE("the limit ends a stream in the middle of a run") {
  stream_rows_options options;
  options.from = sequence{1};
  options.rows_max = 7;
  stream_rows rows{options, streamed(1)};
  std::string out;
  auto ticks = ticks_of(0);
  add_good(rows, 0, std::span{ticks}.first(6), out);
  CHECK_FALSE(rows.is_full());
  add_good(rows, 0, std::span{ticks}.subspan(6), out);
  CHECK(rows.is_full());
  CHECK(std::count(out.begin(), out.end(), '\n') == 7);
}

TEST_CASE("ticks that are missing or repeated in part are faults that name them") {
  auto ticks = ticks_of(0);
  std::span<const tick> all{ticks};
  auto rows = make_rows(stream_kind::ticks);
  std::string out;
  add_good(rows, 0, all.first(20), out);
  auto before = out;
  add_good(rows, 0, all.subspan(5, 15), out); // a repeat as a whole
  CHECK(out == before);
  auto gap = add(rows, 0, all.subspan(25, 5), out);
  REQUIRE_FALSE(gap.has_value());
  CHECK(gap.error().message == "ticks 21 to 25 of sym0 are missing: they are not kept any more");
  auto overlap = add(rows, 0, all.subspan(15, 10), out);
  REQUIRE_FALSE(overlap.has_value());
  CHECK(overlap.error().message ==
        "ticks 16 to 25 of sym0 came, but 21 is next: ticks are repeated");
  CHECK(rows.take_notes().empty());
}

TEST_CASE("what is not kept any more is said once, for factors with its consequence") {
  auto ticks = ticks_of(0);
  std::span<const tick> all{ticks};
  std::string out;
  auto rows = make_rows(stream_kind::ticks, sequence{3});
  add_good(rows, 0, all.subspan(10, 5), out);
  CHECK(rows.take_notes() ==
        std::vector<std::string>{"ticks 3 to 10 of sym0 are not kept any more"});
  CHECK(rows.take_notes().empty());
  auto factors = make_rows(stream_kind::factors, sequence{100});
  add_good(factors, 0, all.subspan(10, 5), out);
  auto notes = factors.take_notes();
  REQUIRE(notes.size() == 1);
  CHECK(notes.front().find("may differ from the cluster's rows") != std::string::npos);
}

TEST_CASE("lines of JSON hold the columns of CSV, digit by digit") {
  for (auto kind : {stream_kind::ticks, stream_kind::factors, stream_kind::signals}) {
    stream_rows_options options;
    options.kind = kind;
    options.from = sequence{1};
    options.strategies = share_strategies(small_strategies());
    stream_rows csv{options, streamed(1)};
    options.json = true;
    stream_rows json{options, streamed(1)};
    CHECK(json.header().empty());
    std::string rows, lines;
    auto ticks = ticks_of(0);
    add_good(csv, 0, ticks, rows);
    add_good(json, 0, ticks, lines);
    std::istringstream rows_in{rows}, lines_in{lines};
    std::string row, line;
    std::size_t count = 0;
    while (std::getline(rows_in, row)) {
      REQUIRE(std::getline(lines_in, line));
      auto document = nlohmann::ordered_json::parse(line);
      std::string again;
      for (auto& [key, value] : document.items()) {
        auto at = line.find("\"" + key + "\":") + key.size() + 3;
        auto text = value.is_string() ? value.get<std::string>()
                    : value.is_null() ? std::string{}
                                      : line.substr(at, line.find_first_of(",}", at) - at);
        again += (again.empty() ? "" : ",") + text;
      }
      CHECK(again == row);
      ++count;
    }
    CHECK(count > 5);
    CHECK_FALSE(std::getline(lines_in, line));
  }
}

} // namespace tickmesh::stream_rows_test
