// The marks of a journal record in columns (messages/packed_column.hpp). Used by event_codec.
//
//   columns: symbol, trading day, data epoch, number, effective time, last, bid, bid volume, ask,
//            ask volume, has_book
//   bytes:   the descriptors of all columns, then the columns
#pragma once

#include "actors/execution/events/execution_events.hpp"
#include "messages/result.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

inline constexpr std::size_t mark_column_count = 11;

/// Remembers the unit that fitted each column last, which changes the bytes but never what they
/// decode to.
class mark_column_encoder {
public:
  /// The columns of at least one mark, valid until the next call.
  std::string_view encode(std::span<const market_mark> marks);

private:
  std::array<std::uint64_t, mark_column_count> units_{};
  std::vector<std::int64_t> values_;
  std::vector<char> bytes_;
};

class mark_column_decoder {
public:
  /// Writes `out.size()` marks. Fails on malformed bytes and on values that a mark can't have.
  result<void> decode(std::string_view bytes, std::span<market_mark> out);

private:
  std::vector<std::int64_t> values_;
};

/// Whether `bytes` are as long as the columns of `count` marks are.
bool fits_mark_columns(std::string_view bytes, std::size_t count);

} // namespace tickmesh
