// The tables and views of a ledger. Numbers that end in `_e8` are in 1e-8: prices and quantities
// always integers, so that SQL sums them exactly; money too, up to 9.2e10 of the currency, and
// beyond that its digits as text, which no sum takes for a number of its own size unnoticed.
// `_ns` is UTC nanoseconds. The views `..._readable` have the columns of the result files
// (trading_csv.hpp), with decimals and times as text.
#pragma once

#include <cstdint>
#include <string>

namespace tickmesh {

inline constexpr std::int64_t ledger_application = 0x746d'4c47; ///< `tmLG`, SQLite's application_id
inline constexpr std::int64_t ledger_schema_version = 2;        ///< SQLite's user_version

/// The statements that make tables and views in an empty file.
std::string ledger_schema();

} // namespace tickmesh
