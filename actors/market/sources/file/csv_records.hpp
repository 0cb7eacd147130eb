// The kinds of CSV file that we read, and how a row of each becomes a tick.
#pragma once

#include "actors/market/sources/file/csv_row.hpp"
#include "messages/instrument.hpp"
#include "messages/tick.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace tickmesh {

/// A row as a tick, before the source's symbol ids and event times are settled.
struct parsed_record {
  tick record{}; ///< event time is receipt where the file has one; trading day 0 where it has none
  timestamp exchange_time = no_exchange_time;
  std::string_view symbol; ///< valid as long as the line is

  static constexpr timestamp no_exchange_time{nanoseconds{INT64_MIN}};
};

/// Reads the rows of one kind of file. No row depends on another.
class record_parser {
public:
  virtual ~record_parser() = default;
  virtual const csv_format& format() const = 0;

  /// Faults are left in `row`.
  virtual void parse(csv_row& row, parsed_record& out) = 0;
};

/// A parser of each kind, for one source: CTP level 1, Binance quotes, Binance trades and the
/// project's own. `instruments` must outlive them.
std::vector<std::unique_ptr<record_parser>>
make_record_parsers(const instrument_table& instruments);

/// A parser of the project's own format, which keeps nothing between rows.
std::unique_ptr<record_parser> make_own_record_parser();

/// The parser whose format shares most columns with a header line, at least half of the required
/// ones, where `separator` stands between them; null when there is none.
record_parser* find_parser(const std::vector<std::unique_ptr<record_parser>>& parsers,
                           std::string_view header, char separator = ',');

} // namespace tickmesh
