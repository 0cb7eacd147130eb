#include "actors/market/sources/file/csv_records.hpp"

#include "actors/market/sources/file/csv_numbers.hpp"
#include "messages/exchange_clock.hpp"

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <string>

namespace tickmesh {

namespace {

price price_or_none(std::optional<std::int64_t> units) {
  return units ? price{*units} : no_price;
}

/// Sources write an empty book side as price 0 with volume 0.
void drop_empty_sides(tick& record) {
  if (record.bid == price{} && record.bid_volume == quantity{}) record.bid = no_price;
  if (record.ask == price{} && record.ask_volume == quantity{}) record.ask = no_price;
}

/// Sources write a symbol's price before its first trade as 0, and venues print trades of quantity
/// 0; neither is a price at which something was traded. For records without volume; a trade at
/// price 0 keeps it, and is rejected for it.
void drop_untraded_price(tick& record) {
  if (record.volume != quantity{}) return;
  bool is_zero = record.last == price{};
  if (record.kind == record_kind::trade ? !is_zero : is_zero) record.last = no_price;
}

/// The rule of each symbol's instrument; rows of one symbol often come in runs.
class decimal_rules {
public:
  /// Null: every symbol's numbers are exact.
  explicit decimal_rules(const instrument_table* instruments) : instruments_(instruments) {}

  decimal_rule of(std::string_view symbol) {
    if (instruments_ == nullptr || symbol == symbol_) return rule_;
    symbol_ = symbol;
    auto* traded = instruments_->find(symbol);
    return rule_ = traded != nullptr ? traded->decimals : decimal_rule::exact;
  }

private:
  const instrument_table* instruments_;
  std::string symbol_;
  decimal_rule rule_ = decimal_rule::exact;
};

namespace ctp {
enum column : std::size_t {
  trading_day,
  update_time,
  update_millisec,
  instrument_id,
  last_price,
  volume,
  turnover,
  open_interest,
  bid_price,
  bid_volume,
  ask_price,
  ask_volume,
  action_day, // the first optional one
};
constexpr std::array<std::string_view, 13> columns{
    "TradingDay", "UpdateTime", "UpdateMillisec", "InstrumentID", "LastPrice",
    "Volume",     "Turnover",   "OpenInterest",   "BidPrice1",    "BidVolume1",
    "AskPrice1",  "AskVolume1", "ActionDay"};
constexpr csv_format format{"a CTP level 1 file", columns, action_day};
} // namespace ctp

class ctp_parser final : public record_parser {
public:
  explicit ctp_parser(const instrument_table& instruments) : instruments_(instruments) {}

  const csv_format& format() const override { return ctp::format; }

  void parse(csv_row& row, parsed_record& out) override {
    out.symbol = row.symbol(ctp::instrument_id);
    auto& record = out.record;
    record.kind = record_kind::snapshot;
    record.trading_day = row.date(ctp::trading_day);
    record.last = price_or_none(narrow(row, ctp::last_price));
    record.open_interest = quantity{narrow(row, ctp::open_interest).value_or(0)};
    record.bid = price_or_none(narrow(row, ctp::bid_price));
    record.bid_volume = quantity{narrow(row, ctp::bid_volume).value_or(0)};
    record.ask = price_or_none(narrow(row, ctp::ask_price));
    record.ask_volume = quantity{narrow(row, ctp::ask_volume).value_or(0)};
    drop_empty_sides(record);
    auto cumulative_volume = narrow(row, ctp::volume);
    if (cumulative_volume.value_or(0) == 0) drop_untraded_price(record);
    bool states_action_day = !row.text(ctp::action_day).empty();
    auto action_day = states_action_day ? row.date(ctp::action_day) : record.trading_day;
    auto local_time = time_of_day(row);
    auto cumulative_turnover = number(row, ctp::turnover);
    if (row.failed()) return;
    auto* traded = find_symbol(row, out.symbol);
    if (!traded) return;
    // Without an ActionDay, the trading day says which night it was, as it does at DCE; only CZCE
    // dates its nights by the natural day there.
    bool tells_night = traded->is_dce || (!states_action_day && !traded->is_czce);
    auto day = tells_night ? dce_calendar_day(action_day, record.trading_day, local_time)
                           : day_of(action_day);
    record.event_time = traded->clock.to_utc(day, local_time);
    out.exchange_time = record.event_time;
    if (!cumulative_volume) return;
    record.totals_of_day = true;
    record.cumulative_volume = quantity{*cumulative_volume};
    record.turnover = cumulative_turnover ? money{*cumulative_turnover} : no_turnover;
  }

private:
  struct traded_symbol {
    bool is_dce = false;
    bool is_czce = false;
    exchange_clock clock;
  };

  static std::optional<int128> number(csv_row& row, std::size_t column) {
    auto value = parse_ctp_number(row.text(column));
    if (value.is == ctp_number::status::malformed) row.refuse(column, "a number");
    if (value.is != ctp_number::status::present) return std::nullopt;
    return value.units;
  }

  static std::optional<std::int64_t> narrow(csv_row& row, std::size_t column) {
    auto value = number(row, column);
    if (!value) return std::nullopt;
    // Half of the range, so that a difference of two fits.
    constexpr int128 most = std::numeric_limits<std::int64_t>::max() / 2;
    if (*value > most || *value < -most) {
      row.refuse(column, "a number between -46000000000 and 46000000000");
      return std::nullopt;
    }
    return static_cast<std::int64_t>(*value);
  }

  /// UpdateTime and UpdateMillisec.
  static nanoseconds time_of_day(csv_row& row) {
    auto text = row.text(ctp::update_time);
    bool shaped = text.size() == 8 && text[2] == ':' && text[5] == ':';
    auto hour = shaped ? parse_integer(text.substr(0, 2), 23) : std::nullopt;
    auto minute = shaped ? parse_integer(text.substr(3, 2), 59) : std::nullopt;
    auto second = shaped ? parse_integer(text.substr(6, 2), 60) : std::nullopt;
    if (!hour || !minute || !second) row.refuse(ctp::update_time, "a time HH:MM:SS");
    auto millisecond = row.integer(ctp::update_millisec, 999);
    nanoseconds whole_minutes =
        std::chrono::hours{hour.value_or(0)} + std::chrono::minutes{minute.value_or(0)};
    if (second == 60) // a leap second, which UTC in ns does not have
      return whole_minutes + std::chrono::minutes{1} - nanoseconds{1};
    return whole_minutes + std::chrono::seconds{second.value_or(0)} +
           std::chrono::milliseconds{millisecond};
  }

  /// Null, with the fault in `row`, when the symbol's time zone is unknown.
  traded_symbol* find_symbol(csv_row& row, std::string_view name) {
    if (auto known = symbols_.find(name); known != symbols_.end()) return &known->second;
    auto* entry = instruments_.find(name);
    auto clock = exchange_clock::find(entry ? entry->time_zone : "Asia/Shanghai");
    if (!clock) {
      row.refuse(ctp::instrument_id,
                 "an instrument of a known time zone: " + clock.error().message);
      return nullptr;
    }
    auto is_of = [&](const char* exchange) { return entry && entry->exchange == exchange; };
    auto added = symbols_.emplace(name, traded_symbol{is_of("DCE"), is_of("CZCE"), *clock});
    return &added.first->second;
  }

  const instrument_table& instruments_;
  std::map<std::string, traded_symbol, std::less<>> symbols_;
};

/// The first three columns of both Binance formats: receipt, exchange time (may be empty), symbol.
void parse_binance_stamps(csv_row& row, parsed_record& out) {
  out.record.event_time = row.number_stamp(0);
  if (!row.text(1).empty()) out.exchange_time = row.number_stamp(1);
  out.symbol = row.symbol(2);
}

namespace binance_quotes {
enum column : std::size_t { bid = 3, bid_volume, ask, ask_volume };
constexpr std::array<std::string_view, 7> columns{"local_ts_ns", "exch_ts_ms", "symbol",  "bid1",
                                                  "bid_vol1",    "ask1",       "ask_vol1"};
constexpr csv_format format{"a Binance quotes file", columns, columns.size()};
} // namespace binance_quotes

class binance_quotes_parser final : public record_parser {
public:
  explicit binance_quotes_parser(const instrument_table& instruments) : decimals_(&instruments) {}

  const csv_format& format() const override { return binance_quotes::format; }

  void parse(csv_row& row, parsed_record& out) override {
    parse_binance_stamps(row, out);
    row.read_decimals(decimals_.of(out.symbol));
    auto& record = out.record;
    record.kind = record_kind::quote;
    record.bid = price_or_none(row.optional_decimal(binance_quotes::bid));
    record.bid_volume = quantity{row.optional_decimal(binance_quotes::bid_volume).value_or(0)};
    record.ask = price_or_none(row.optional_decimal(binance_quotes::ask));
    record.ask_volume = quantity{row.optional_decimal(binance_quotes::ask_volume).value_or(0)};
    drop_empty_sides(record);
  }

private:
  decimal_rules decimals_;
};

namespace binance_trades {
enum column : std::size_t { trade_id = 3, trade_price, trade_quantity, aggressor };
constexpr std::array<std::string_view, 7> columns{
    "local_ts_ns", "exch_ts_ms", "symbol", "trade_id", "price", "qty", "aggressor"};
constexpr csv_format format{"a Binance trades file", columns, columns.size()};
} // namespace binance_trades

class binance_trades_parser final : public record_parser {
public:
  explicit binance_trades_parser(const instrument_table& instruments) : decimals_(&instruments) {}

  const csv_format& format() const override { return binance_trades::format; }

  void parse(csv_row& row, parsed_record& out) override {
    parse_binance_stamps(row, out);
    row.read_decimals(decimals_.of(out.symbol));
    auto& record = out.record;
    record.kind = record_kind::trade;
    record.record_id = static_cast<std::uint64_t>(
        row.integer(binance_trades::trade_id, std::numeric_limits<std::int64_t>::max()));
    record.last = price{row.decimal(binance_trades::trade_price)};
    record.volume = quantity{row.decimal(binance_trades::trade_quantity)};
    record.turnover = order_value(record.last, record.volume, decimal_scale).value_or(money{});
    drop_untraded_price(record);
    auto aggressor = row.text(binance_trades::aggressor);
    if (aggressor != "B" && aggressor != "S") row.refuse(binance_trades::aggressor, "B or S");
    record.aggressor = aggressor == "B" ? side::buy : side::sell;
  }

private:
  decimal_rules decimals_;
};

namespace own {
enum column : std::size_t {
  stamp,
  symbol,
  kind,
  last,
  volume,
  bid,
  bid_volume,
  ask,
  ask_volume,
  turnover, // the first optional one
  open_interest,
  trading_day,
  aggressor,
  trade_id,
};
constexpr std::array<std::string_view, 14> columns{
    "timestamp",     "symbol",      "kind",      "last",       "volume",
    "bid",           "bid_volume",  "ask",       "ask_volume", "turnover",
    "open_interest", "trading_day", "aggressor", "trade_id"};
constexpr csv_format format{"a tickmesh CSV file", columns, turnover};
} // namespace own

class own_parser final : public record_parser {
public:
  explicit own_parser(const instrument_table* instruments) : decimals_(instruments) {}

  const csv_format& format() const override { return own::format; }

  void parse(csv_row& row, parsed_record& out) override {
    out.symbol = row.symbol(own::symbol);
    row.read_decimals(decimals_.of(out.symbol));
    auto& record = out.record;
    out.exchange_time = record.event_time = row.stamp(own::stamp);
    record.kind = parse_kind(row);
    record.last = price_or_none(row.optional_decimal(own::last));
    auto volume = row.optional_decimal(own::volume);
    record.volume = quantity{volume.value_or(0)};
    // A trade whose volume is not stated is one.
    if (volume || record.kind != record_kind::trade) drop_untraded_price(record);
    record.bid = price_or_none(row.optional_decimal(own::bid));
    record.bid_volume = quantity{row.optional_decimal(own::bid_volume).value_or(0)};
    record.ask = price_or_none(row.optional_decimal(own::ask));
    record.ask_volume = quantity{row.optional_decimal(own::ask_volume).value_or(0)};
    parse_optional_columns(row, record);
  }

private:
  decimal_rules decimals_;

  static record_kind parse_kind(csv_row& row) {
    auto kind = row.text(own::kind);
    if (kind == "quote") return record_kind::quote;
    if (kind == "trade") return record_kind::trade;
    if (kind != "snapshot") row.refuse(own::kind, "snapshot, quote or trade");
    return record_kind::snapshot;
  }

  static void parse_optional_columns(csv_row& row, tick& record) {
    if (auto text = row.text(own::turnover); !text.empty()) {
      auto value = parse_wide_decimal(text);
      if (!value) row.refuse(own::turnover, decimal_allowed(text));
      record.turnover = money{value.value_or(0)};
    }
    record.open_interest = quantity{row.optional_decimal(own::open_interest).value_or(0)};
    if (!row.text(own::trading_day).empty()) record.trading_day = row.date(own::trading_day);
    auto aggressor = row.text(own::aggressor);
    if (aggressor == "B")
      record.aggressor = side::buy;
    else if (aggressor == "S")
      record.aggressor = side::sell;
    else if (!aggressor.empty())
      row.refuse(own::aggressor, "B, S or empty");
    if (!row.text(own::trade_id).empty())
      record.record_id = static_cast<std::uint64_t>(
          row.integer(own::trade_id, std::numeric_limits<std::int64_t>::max()));
  }
};

} // namespace

std::vector<std::unique_ptr<record_parser>>
make_record_parsers(const instrument_table& instruments) {
  std::vector<std::unique_ptr<record_parser>> parsers;
  parsers.push_back(std::make_unique<ctp_parser>(instruments));
  parsers.push_back(std::make_unique<binance_quotes_parser>(instruments));
  parsers.push_back(std::make_unique<binance_trades_parser>(instruments));
  parsers.push_back(std::make_unique<own_parser>(&instruments));
  return parsers;
}

std::unique_ptr<record_parser> make_own_record_parser() {
  return std::make_unique<own_parser>(nullptr);
}

record_parser* find_parser(const std::vector<std::unique_ptr<record_parser>>& parsers,
                           std::string_view header, char separator) {
  record_parser* best = nullptr;
  std::size_t matches_max = 0;
  for (auto& parser : parsers) {
    auto matches = csv_header::count_matches(parser->format(), header, separator);
    if (matches * 2 < parser->format().required || matches <= matches_max) continue;
    best = parser.get();
    matches_max = matches;
  }
  return best;
}

} // namespace tickmesh
