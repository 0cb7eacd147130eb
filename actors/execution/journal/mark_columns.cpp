#include "actors/execution/journal/mark_columns.hpp"

#include "messages/packed_column.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace tickmesh {

namespace {

std::uint8_t descriptor_at(std::string_view bytes, std::size_t column) {
  return static_cast<std::uint8_t>(bytes[column]);
}

/// From one column's values to the next's. Many columns at a power of two would share the few
/// places of the cache's first level.
std::size_t stride_of(std::size_t count) {
  return count <= 64 ? count : count / 512 * 512 + 520;
}

bool lie_between(std::span<const std::int64_t> values, std::int64_t low, std::int64_t high) {
  bool out = true;
  for (auto v : values)
    out &= v >= low && v <= high;
  return out;
}

} // namespace

std::string_view mark_column_encoder::encode(std::span<const market_mark> marks) {
  auto count = marks.size();
  assert(count > 0);
  auto stride = stride_of(count);
  values_.resize(std::max(values_.size(), mark_column_count * stride));
  auto* v = values_.data();
  for (std::size_t i = 0; i < count; ++i) {
    auto& m = marks[i];
    v[i] = m.symbol.value;
    v[i + stride] = m.trading_day;
    v[i + 2 * stride] = static_cast<std::int64_t>(m.data_epoch.value);
    v[i + 3 * stride] = static_cast<std::int64_t>(m.number.value);
    v[i + 4 * stride] = to_ns(m.effective_time);
    v[i + 5 * stride] = m.last.value;
    v[i + 6 * stride] = m.bid.value;
    v[i + 7 * stride] = m.bid_volume.value;
    v[i + 8 * stride] = m.ask.value;
    v[i + 9 * stride] = m.ask_volume.value;
    v[i + 10 * stride] = m.has_book ? 1 : 0;
  }
  auto size_max = mark_column_count * (1 + packed_column_size_max(count));
  bytes_.resize(std::max(bytes_.size(), size_max));
  auto* at = bytes_.data() + mark_column_count;
  for (std::size_t c = 0; c < mark_column_count; ++c) {
    auto packed = pack_column({v + c * stride, count}, units_[c], at);
    bytes_[c] = static_cast<char>(packed.descriptor);
    at = packed.end;
  }
  return {bytes_.data(), static_cast<std::size_t>(at - bytes_.data())};
}

bool fits_mark_columns(std::string_view bytes, std::size_t count) {
  if (bytes.size() < mark_column_count) return false;
  packed_size size{.fixed = mark_column_count};
  for (std::size_t c = 0; c < mark_column_count; ++c)
    size += packed_column_size(descriptor_at(bytes, c));
  return size.of(count) == bytes.size();
}

result<void> mark_column_decoder::decode(std::string_view bytes, std::span<market_mark> out) {
  auto count = out.size();
  if (!fits_mark_columns(bytes, count))
    return fail(fmt::format("{} bytes that are not the columns of {} marks", bytes.size(), count));
  auto stride = stride_of(count);
  values_.resize(std::max(values_.size(), mark_column_count * stride));
  auto column = [&](std::size_t c) { return std::span{values_}.subspan(c * stride, count); };
  auto* at = bytes.data() + mark_column_count;
  for (std::size_t c = 0; c < mark_column_count; ++c) {
    auto descriptor = descriptor_at(bytes, c);
    if (!unpack_column(descriptor, at, column(c)))
      return fail(fmt::format("column {} of {} marks has no valid form", c, count));
    at += packed_column_size(descriptor).of(count);
  }
  if (!lie_between(column(0), 0, UINT32_MAX) || !lie_between(column(1), INT32_MIN, INT32_MAX) ||
      !lie_between(column(10), 0, 1))
    return fail(fmt::format("{} marks with a symbol, day or flag that there can't be", count));
  auto* v = values_.data();
  for (std::size_t i = 0; i < count; ++i)
    out[i] = {.symbol = symbol_id{static_cast<std::uint32_t>(v[i])},
              .trading_day = static_cast<std::int32_t>(v[i + stride]),
              .data_epoch = epoch{static_cast<std::uint64_t>(v[i + 2 * stride])},
              .number = sequence{static_cast<std::uint64_t>(v[i + 3 * stride])},
              .effective_time = from_ns(v[i + 4 * stride]),
              .last = price{v[i + 5 * stride]},
              .bid = price{v[i + 6 * stride]},
              .bid_volume = quantity{v[i + 7 * stride]},
              .ask = price{v[i + 8 * stride]},
              .ask_volume = quantity{v[i + 9 * stride]},
              .has_book = v[i + 10 * stride] != 0};
  return {};
}

} // namespace tickmesh
