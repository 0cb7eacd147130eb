#include "actors/market/tick_log/wal_segment.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

constexpr std::uint64_t place_spacing_bytes = 16 << 10;

} // namespace

void wal_segment::add(record_number number, std::size_t record_size) {
  if (places.empty() || bytes - places.back().offset >= place_spacing_bytes)
    places.push_back({number, bytes});
  last = number;
  bytes += record_size;
}

std::uint64_t wal_segment::place_before(record_number number) const {
  auto behind = std::upper_bound(places.begin(), places.end(), number,
                                 [](record_number n, const place& p) { return n < p.number; });
  return behind == places.begin() ? 0 : std::prev(behind)->offset;
}

segment_cursor::segment_cursor(std::shared_ptr<const wal_segment> segment, std::uint64_t offset,
                               std::uint64_t end, std::size_t chunk_bytes)
    : segment_(std::move(segment)), offset_(offset), end_(end), chunk_bytes_(chunk_bytes) {}

result<void> segment_cursor::fill(std::size_t bytes) {
  auto wanted = std::min<std::uint64_t>(std::max(bytes, chunk_bytes_), end_ - offset_);
  chunk_.resize(wanted);
  chunk_begin_ = offset_;
  auto got = segment_->file.read(chunk_.data(), chunk_.size(), offset_);
  if (!got) return tl::make_unexpected(got.error());
  chunk_.resize(*got);
  return {};
}

result<bool> segment_cursor::peek(framed_record& out) {
  if (offset_ >= end_) return false;
  for (int attempt = 0;; ++attempt) {
    auto skipped = offset_ - chunk_begin_;
    std::string_view rest = chunk_;
    rest = skipped < rest.size() ? rest.substr(skipped) : std::string_view{};
    auto state = parse_record(rest, out);
    if (state == frame_state::complete) return true;
    if (state == frame_state::damaged || attempt == 2)
      return fail(fmt::format("{}: offset {}: the record is damaged",
                              segment_->file.path().string(), offset_));
    auto needed = rest.size() < record_header_bytes ? record_header_bytes : out.bytes;
    if (auto done = fill(needed); !done) return tl::make_unexpected(done.error());
  }
}

result<bool> segment_cursor::seek(record_number number, framed_record& out) {
  for (;;) {
    auto found = peek(out);
    if (!found || !*found || out.record.number > number) return found;
    advance(out.bytes);
  }
}

void segment_cursor::advance(std::size_t record_size) {
  offset_ += record_size;
}

} // namespace tickmesh
