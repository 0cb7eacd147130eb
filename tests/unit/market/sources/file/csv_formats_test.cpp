// How rows of each kind of file become ticks.
#include "actors/market/cleaning/tick_cleaner.hpp"
#include "actors/market/sources/file/csv_numbers.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <map>

namespace tickmesh::csv_formats_test {

namespace {

price p(std::string_view text) {
  return price{parse_decimal(text).value()};
}
quantity q(std::string_view text) {
  return quantity{parse_decimal(text).value()};
}
money m(std::string_view text) {
  return money{parse_decimal(text).value()};
}
timestamp at(std::string_view text) {
  return parse_timestamp(text).value();
}

/// The records of one file of a header and a body.
std::vector<tick> records(std::string_view header, std::string_view body) {
  market_files files;
  auto path = files.write("f.csv", std::string{header} + std::string{body});
  return read_records(*load_good(file_source_settings({path})));
}

std::vector<tick> ctp_records(std::string_view body) {
  return records(ctp_header, body);
}

/// The same behind their symbols' cleaners, which make volumes of a day's totals; rejected or not.
std::vector<tick> cleaned(std::vector<tick> all) {
  std::map<symbol_id, tick_cleaner> cleaners;
  for (auto& t : all)
    cleaners.try_emplace(t.symbol, tick_cleaner{cleaning_settings{}, true}).first->second.clean(t);
  return all;
}

} // namespace

TEST_CASE("a CTP row becomes a snapshot") {
  auto all = ctp_records(
      "20181008,20181008,09:00:00,500,ru1901,12485.0,3174,396132700.0,309896.0,12485.0,17,12490.0,"
      "19\n");
  REQUIRE(all.size() == 1);
  tick expected;
  expected.kind = record_kind::snapshot;
  expected.position = source_position{2};
  expected.trading_day = 20181008;
  expected.event_time = at("2018-10-08T01:00:00.5Z");
  expected.last = p("12485");
  expected.cumulative_volume = q("3174");
  expected.totals_of_day = true;
  expected.turnover = m("396132700");
  expected.open_interest = q("309896");
  expected.bid = p("12485");
  expected.bid_volume = q("17");
  expected.ask = p("12490");
  expected.ask_volume = q("19");
  expected.source_mark = expected.event_time;
  CHECK((all[0] == expected));
}

TEST_CASE("CTP volumes are differences within a symbol's trading day") {
  auto all = ctp_records("20240102,20240102,09:00:00,0,a1,10,100,1000,0,10,1,10,1\n"
                         "20240102,20240102,09:00:01,0,b1,10,7,70,0,10,1,10,1\n"
                         "20240102,20240102,09:00:02,0,a1,10,130,1300.5,0,10,1,10,1\n"
                         "20240103,20240102,21:00:03,0,a1,10,5,50,0,10,1,10,1\n"
                         "20240103,20240102,21:00:04,0,a1,10,5,50,0,10,1,10,1\n"
                         "20240103,20240102,21:00:05,0,a1,10,4,40,0,10,1,10,1\n");
  REQUIRE(all.size() == 6);
  all = cleaned(std::move(all));
  std::vector<quantity> volumes, totals;
  std::vector<money> turnovers;
  for (auto& t : all) {
    volumes.push_back(t.volume);
    totals.push_back(t.cumulative_volume);
    turnovers.push_back(t.turnover);
  }
  CHECK((volumes == std::vector{q("100"), q("7"), q("30"), q("5"), q("0"), q("-1")}));
  CHECK((totals == std::vector{q("100"), q("7"), q("130"), q("5"), q("5"), q("4")}));
  CHECK((turnovers == std::vector{m("1000"), m("70"), m("300.5"), m("50"), m("0"), m("-10")}));
}

TEST_CASE("CTP volumes go on from one file to the next") {
  market_files files;
  auto header = std::string{ctp_header};
  auto night = files.write("1.csv", header + "20240103,20240102,21:00:00,0,a1,1,100,0,0,1,1,1,1\n");
  auto day = files.write("2.csv", header + "20240103,20240103,09:00:00,0,a1,1,130,0,0,1,1,1,1\n");
  auto all = read_records(*load_good(file_source_settings({night, day})));
  REQUIRE(all.size() == 2);
  all = cleaned(std::move(all));
  CHECK(all[1].source == source_id{1});
  CHECK(all[1].volume == q("30"));
}

TEST_CASE("CTP fields that are empty or DBL_MAX are absent") {
  auto all = ctp_records("20240102,20240102,09:00:00,0,a1,,,,,1.7976931348623157e+308,0,11,1\n"
                         "20240102,20240102,09:00:01,0,a1,1.79769313486232E+308,5,50,1,9,1,1."
                         "7976931348623157e308,0\n");
  REQUIRE(all.size() == 2);
  CHECK(all[0].last == no_price);
  CHECK(all[0].volume == quantity{});
  CHECK(all[0].open_interest == quantity{});
  CHECK(all[0].bid == no_price);
  CHECK(all[0].ask == p("11"));
  CHECK(all[1].last == no_price);
  CHECK(all[1].cumulative_volume == q("5"));
  CHECK(all[1].ask == no_price);
}

TEST_CASE("a CTP book side is absent at price 0 with volume 0 only") {
  auto all = ctp_records("20240102,20240102,09:00:00,0,a1,0,0,0,0,0.0,0,0,3\n"
                         "20240102,20240102,09:00:01,0,a1,0,0,0,0,0.0,3,0,0\n");
  REQUIRE(all.size() == 2);
  CHECK(all[1].bid == price{});
  CHECK(all[1].ask == no_price);
  CHECK(all[0].last == no_price);
  CHECK(all[0].bid == no_price);
  CHECK(all[0].ask == price{});
}

TEST_CASE("doubles with tails and exponents are rounded to 1e-8") {
  auto all =
      ctp_records("20240102,20240102,09:00:00,0,a1,7167.999999999999,1e2,396132700.12345678901,0,"
                  "0.30000000000000004,1,1.5e3,1\n");
  REQUIRE(all.size() == 1);
  CHECK(all[0].last == p("7168"));
  CHECK(all[0].cumulative_volume == q("100"));
  CHECK(all[0].bid == p("0.3"));
  CHECK(all[0].ask == p("1500"));
}

TEST_CASE("a CTP turnover may exceed what 64 bits hold") {
  auto all = ctp_records("20240102,20240102,09:00:00,0,a1,1,1,250000000000.5,0,1,1,1,1\n");
  REQUIRE(all.size() == 1);
  CHECK(format_decimal(all[0].turnover.value) == "250000000000.5");
}

TEST_CASE("columns are found by name in any order, and others are passed over") {
  auto all = records("extra,qty,price,trade_id,symbol,exch_ts_ms,local_ts_ns,aggressor\n",
                     "?,0.5,100,9,X,,1000000000,S\n");
  REQUIRE(all.size() == 1);
  CHECK(all[0].last == p("100"));
  CHECK(all[0].volume == q("0.5"));
  CHECK(all[0].turnover == m("50"));
  CHECK(all[0].record_id == 9);
  CHECK(all[0].aggressor == side::sell);
  CHECK(all[0].kind == record_kind::trade);
}

TEST_CASE("lines may end in CR LF and a byte order mark is passed over") {
  auto header = "\xEF\xBB\xBF" + std::string{trades_header};
  header.insert(header.size() - 1, "\r");
  auto all = records(header, "1000000000,,X,9,100,0.5,B\r\n");
  REQUIRE(all.size() == 1);
  CHECK(all[0].aggressor == side::buy);
}

TEST_CASE("a Binance quote has a book and no last price") {
  auto all = records(quotes_header, "1723161254087891268,,BTCUSDT,61837.63,3.78826,0,0\n");
  REQUIRE(all.size() == 1);
  CHECK(all[0].kind == record_kind::quote);
  CHECK(to_ns(all[0].event_time) == 1723161254087891268);
  CHECK(all[0].trading_day == 20240808);
  CHECK(all[0].last == no_price);
  CHECK(all[0].bid == p("61837.63"));
  CHECK(all[0].bid_volume == q("3.78826"));
  CHECK(all[0].ask == no_price);
}

TEST_CASE("the exchange's time counts only where all rows of the symbol have it") {
  market_files files;
  auto trades = files.write("t.csv", std::string{trades_header} +
                                         "1723161254000000001,1723161255342,X,1,100,1,B\n"
                                         "1723161254000000002,1723161255343,Y,2,100,1,B\n");
  auto quotes =
      files.write("q.csv", std::string{quotes_header} + "1723161254000000003,,X,99,1,101,1\n");
  auto alone = read_records(*load_good(file_source_settings({trades})));
  REQUIRE(alone.size() == 2);
  CHECK(to_ns(alone[0].event_time) == 1723161255342000000);
  CHECK(to_ns(alone[1].event_time) == 1723161255343000000);
  auto both = read_records(*load_good(file_source_settings({trades, quotes})));
  REQUIRE(both.size() == 3);
  CHECK(to_ns(both[0].event_time) == 1723161254000000001); // X by receipt
  CHECK(to_ns(both[1].event_time) == 1723161254000000003);
  CHECK(to_ns(both[2].event_time) == 1723161255343000000); // Y has the exchange's in every row
}

TEST_CASE("a row without the exchange's time behind many that have it brings receipt to all") {
  market_files files;
  std::string text{trades_header};
  auto row = [](int i, int id) {
    return fmt::format("{},{},X,{},100,1,B\n", 1723161254000000000 + i,
                       i == 3'999 ? "" : std::to_string(1723161255342 + i), id);
  };
  for (int i = 0; i < 4'000; ++i)
    text += row(i, i + 1);
  auto path = files.write("t.csv", text);
  auto all = read_records(*load_good(file_source_settings({path})));
  REQUIRE(all.size() == 4'000);
  for (int i = 0; i < 4'000; ++i)
    CHECK(to_ns(all[static_cast<std::size_t>(i)].event_time) == 1723161254000000000 + i);
}

TEST_CASE("the trading day is the UTC date of the time that counts") {
  auto all = records(trades_header, "1723161599999000000,1723161600001,X,1,100,1,B\n");
  REQUIRE(all.size() == 1);
  CHECK(all[0].trading_day == 20240809);
}

TEST_CASE("our own rows may leave fields empty") {
  auto all = records(own_header, "2024-01-02T03:04:05.25Z,A,quote,,,99.5,2,,\n"
                                 "1704164645500000000,A,trade,100,-3,,,,\n"
                                 "2024-01-02 03:04:06Z,A,snapshot,0,1,99,1,101,2\n");
  REQUIRE(all.size() == 3);
  CHECK(all[0].kind == record_kind::quote);
  CHECK(all[0].event_time == at("2024-01-02T03:04:05.25Z"));
  CHECK(all[0].last == no_price);
  CHECK(all[0].bid == p("99.5"));
  CHECK(all[0].ask == no_price);
  CHECK(all[0].trading_day == 20240102);
  CHECK(all[1].kind == record_kind::trade);
  CHECK(all[1].volume == q("-3"));
  CHECK(all[2].kind == record_kind::snapshot);
  CHECK(all[2].last == price{});
  CHECK(all[2].ask_volume == q("2"));
}

TEST_CASE("our own optional columns are read where they are") {
  std::string header{own_header};
  header.insert(header.size() - 1, ",trading_day,turnover,open_interest,aggressor,trade_id");
  auto all = records(header, "1704164645500000000,A,trade,100,3,,,,,20240103,300,7,S,12\n"
                             "1704164645500000001,A,trade,100,3,,,,,,,,,\n");
  REQUIRE(all.size() == 2);
  CHECK(all[0].trading_day == 20240103);
  CHECK(all[0].turnover == m("300"));
  CHECK(all[0].open_interest == q("7"));
  CHECK(all[0].aggressor == side::sell);
  CHECK(all[0].record_id == 12);
  CHECK(all[1].trading_day == 20240102);
  CHECK(all[1].aggressor == side::none);
}

TEST_CASE("a compressed file reads like a plain one") {
  std::string text{own_header};
  for (int i = 0; i < 20'000; ++i)
    text += std::to_string(1'000'000'000'000 + i) + ",A,trade,100,1,,,,\n";
  market_files files;
  auto plain = read_records(*load_good(file_source_settings({files.write("a.csv", text)})));
  CHECK(plain.size() == 20'000);
  auto half = text.find('\n', text.size() / 2) - 5; // streams may end inside a line
  for (auto& format : compressions) {
    auto packed = files.write("b.csv" + format.ending, format.compress(text.substr(0, half)) +
                                                           format.compress(text.substr(half)));
    CAPTURE(packed);
    auto unpacked = read_records(*load_good(file_source_settings({packed})));
    CHECK((plain == unpacked));
  }
}

TEST_CASE("numbers of s, ms, us and ns are told apart row by row, in every column of stamps") {
  auto expected = at("2025-01-01T00:00:00Z");
  for (std::string stamp : {"1735689600", "1735689600000", "1735689600000000",
                            "1735689600000000000", "1735689600.0", "2025-01-01T00:00:00Z"}) {
    CAPTURE(stamp);
    auto own = records(own_header, stamp + ",X,trade,1,1,,,,\n");
    CHECK(own.at(0).event_time == expected);
    if (stamp.find('-') != std::string::npos) continue;
    CHECK(records(trades_header, stamp + ",,X,1,1,1,B\n").at(0).event_time == expected);
    CHECK(
        records(trades_header, "1000000000000000000," + stamp + ",X,1,1,1,B\n").at(0).event_time ==
        expected);
  }
  auto mixed = records(trades_header, "1735689599000,,X,1,1,1,B\n1735689600000000,,X,2,1,1,B\n");
  REQUIRE(mixed.size() == 2);
  CHECK(mixed[0].event_time == at("2024-12-31T23:59:59Z"));
  CHECK(mixed[1].event_time == expected);
  auto fraction = records(own_header, "1735689600.25,X,trade,1,1,,,,\n");
  CHECK(fraction.at(0).event_time == at("2025-01-01T00:00:00.25Z"));
}

TEST_CASE("a leap second is the last moment of its minute") {
  auto own = records(own_header, "2016-12-31T23:59:60.2Z,X,trade,1,1,,,,\n");
  CHECK(own.at(0).event_time == at("2016-12-31T23:59:59.999999999Z"));
  auto ctp = ctp_records("20170101,20170101,07:59:60,500,a1,1,1,1,0,9,1,11,1\n");
  CHECK(ctp.at(0).event_time == at("2016-12-31T23:59:59.999999999Z"));
}

TEST_CASE("exponents and zeros beyond the eighth decimal are exact") {
  auto all = records(own_header, "1000000000,X,trade,5.16e-06,1E3,,,,\n"
                                 "1000000000,X,trade,0.00000516000000,1.50000000000,,,,\n"
                                 "1000000000,X,trade,-1.25e+1,12345e-3,,,,\n");
  REQUIRE(all.size() == 3);
  CHECK(all[0].last == p("0.00000516"));
  CHECK(all[0].volume == q("1000"));
  CHECK(all[1].last == p("0.00000516"));
  CHECK(all[1].volume == q("1.5"));
  CHECK(all[2].last == p("-12.5"));
  CHECK(all[2].volume == q("12.345"));
  auto trade = records(trades_header, "1718000000000000000,,X,1,6.7e4,1e-05,B\n");
  CHECK(trade.at(0).last == p("67000"));
  CHECK(trade.at(0).volume == q("0.00001"));
}

TEST_CASE("a rule may round decimals that 1e-8 can't hold, a half away from zero") {
  using enum decimal_rule;
  CHECK_FALSE(parse_source_decimal("0.000005160123"));
  CHECK(parse_source_decimal("0.000005160123", round) == 516);
  CHECK(parse_source_decimal("0.000000005", round) == 1);
  CHECK(parse_source_decimal("-0.000000005", round) == -1);
  CHECK(parse_source_decimal("0.0000000049999", round) == 0);
  CHECK(parse_source_decimal("5e-9", round) == 1);
  CHECK(parse_source_decimal("9e-10", round) == 0);
  CHECK_FALSE(parse_source_decimal("1e11", round));
}

TEST_CASE("a trade of quantity 0 has no price, one of price 0 keeps it to be rejected") {
  auto all = records(trades_header, "1718000000000000000,,X,1,1868.4,0.0,B\n"
                                    "1718000000000000000,,X,2,0,0,B\n"
                                    "1718000000000000000,,X,3,0,1,B\n");
  REQUIRE(all.size() == 3);
  CHECK(all[0].last == no_price);
  CHECK(all[0].record_id == 1);
  CHECK(all[1].last == price{});
  CHECK(all[2].last == price{});
  auto own = records(own_header, "1000000000,X,trade,100,0,,,,\n1000000000,X,trade,100,,,,,\n");
  REQUIRE(own.size() == 2);
  CHECK(own[0].last == no_price);
  CHECK(own[1].last == p("100"));
}

TEST_CASE("a last price of 0 before the day's first trade is none, and the book is kept") {
  auto all = ctp_records("20240103,20240103,09:00:00,0,m2405,0,0,0.0,180000,3300,40,3302,40\n"
                         "20240103,20240103,09:00:00,500,m2405,0,4,0.0,180000,3300,40,3302,40\n");
  REQUIRE(all.size() == 2);
  CHECK(all[0].last == no_price);
  CHECK(all[0].bid == p("3300"));
  CHECK(all[1].last == price{});
  auto own = records(own_header, "1000000000,X,snapshot,0,0,99,1,101,1\n");
  CHECK(own.at(0).last == no_price);
}

TEST_CASE("fields may be quoted, and columns may lack behind a last separator") {
  std::string header{own_header};
  header.insert(header.size() - 1, ",");
  auto all = records(header, "1000000000,\"SP m2405&m2409\",trade,\"100\",1,,,,,\n");
  CHECK(all.at(0).last == p("100"));
  auto quoted = records("\"timestamp\",\"symbol\",kind,last,volume,bid,bid_volume,ask,"
                        "\"ask_volume\",\"a \"\"note\"\", long\"\n",
                        "\"1000000000\",X,trade,1,1,\"\",,,\"\",\"more, \"\"or\"\" less\"\n");
  CHECK(quoted.at(0).last == p("1"));
}

TEST_CASE("symbols may be any text: blanks inside, signs, and letters of any script") {
  std::string const long_name(64, 'a');
  for (std::string name : {"SP m2405&m2409", "ES#", "BTC/USDT", "BRK.B",
                           "\xE8\xB1\x86"
                           "2405",
                           "\xF0\x9F\x90\x82", "*", "../../etc/x", long_name.c_str()}) {
    market_files files;
    auto path =
        files.write("f.csv", std::string{own_header} + "1000000000," + name + ",trade,1,1,,,,\n");
    auto source = load_good(file_source_settings({path}));
    CHECK(source->symbols().names() == std::vector{name});
  }
}

TEST_CASE("a CTP file without ActionDay is read as one whose ActionDay is empty") {
  std::string header{ctp_header};
  header.erase(header.find("ActionDay,"), 10);
  auto without = records(header, "20240131,21:00:01,0,zn2405,20860,2,208600,38,20855,1,20865,3\n");
  auto empty = ctp_records("20240131,,21:00:01,0,zn2405,20860,2,208600,38,20855,1,20865,3\n");
  CHECK((without == empty));
  CHECK(without.at(0).event_time == at("2024-01-30T13:00:01Z"));
}

TEST_CASE("a complete last row needs no line break") {
  CHECK(records(own_header, "1000000000,X,trade,1,1,,,,").size() == 1);
  CHECK(records(trades_header, "1000000000,,X,1,1,1,B").size() == 1);
}

} // namespace tickmesh::csv_formats_test
