#include "actors/market/tick_log/record_tail.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace tickmesh {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t chunk_bytes = 1 << 20;

/// The write-ahead file of a day that can hold a record: the last that begins at or before it.
std::optional<record_number> candidate(const std::vector<std::string>& names,
                                       record_number number) {
  std::optional<record_number> out;
  for (auto& name : names)
    if (auto first = parse_wal_name(name); first && *first <= number && (!out || *first > *out))
      out = first;
  return out;
}

} // namespace

result<std::optional<wal_file_reader>> wal_file_reader::open(file_system& files,
                                                             const fs::path& path) {
  auto file = log_file::open(files, path, O_RDONLY);
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) return tl::make_unexpected(file.error());
  return wal_file_reader{std::move(*file)};
}

tl::unexpected<fault> wal_file_reader::damage() const {
  return fail(fmt::format("{}: offset {}: the record is damaged", path().string(), offset_));
}

/// Reads the header of the record at the offset; false when not all of that record is there.
result<bool> wal_file_reader::parse_header() {
  for (int attempt = 0;; ++attempt) {
    auto skipped = offset_ - chunk_begin_;
    std::string_view rest = chunk_;
    rest = skipped < rest.size() ? rest.substr(skipped) : std::string_view{};
    auto state = parse_record_header(rest, parsed_);
    if (state == frame_state::complete) return true;
    // What was read while it was being written is read again.
    if (attempt == 2 && state == frame_state::damaged) return damage();
    if (attempt == 2) return false;
    auto needed = state == frame_state::cut_off && rest.size() >= record_header_bytes
                      ? parsed_.bytes
                      : record_header_bytes;
    chunk_.resize(std::max(needed, chunk_bytes));
    chunk_begin_ = offset_;
    auto got = file_.read(chunk_.data(), chunk_.size(), offset_);
    if (!got) return tl::make_unexpected(got.error());
    chunk_.resize(*got);
  }
}

result<const log_record*> wal_file_reader::seek(record_number number) {
  for (;;) {
    auto there = parse_header();
    if (!there) return tl::make_unexpected(there.error());
    if (!*there) return nullptr;
    if (parsed_.record.number >= number) return &parsed_.record;
    offset_ += parsed_.bytes;
  }
}

result<const log_record*> wal_file_reader::take() {
  auto bytes = std::string_view{chunk_}.substr(offset_ - chunk_begin_);
  if (parse_record(bytes, parsed_) != frame_state::complete) return damage();
  offset_ += parsed_.bytes;
  return &parsed_.record;
}

result<const log_record*> record_tail::read_from_new_file(record_number number) {
  std::vector<std::string> days;
  if (files_.list(root_, days) != 0) return file_fault(root_, "the directory can't be read");
  for (auto& day : days) {
    std::vector<std::string> names;
    if (!parse_day_name(day)) continue;
    if (files_.list(root_ / day, names) != 0) continue; // dropped meanwhile
    auto first = candidate(names, number);
    if (!first) continue;
    auto path = root_ / day / wal_name(*first);
    if (std::ranges::any_of(open_, [&](auto& in) { return in.path() == path; })) continue;
    auto file = wal_file_reader::open(files_, path);
    if (!file) return tl::make_unexpected(file.error());
    if (!*file) continue; // released meanwhile
    auto found = (*file)->seek(number);
    if (!found) return found;
    if (*found == nullptr || (*found)->number != number) continue;
    // Of each day, the last file is read from.
    open_.remove_if([&](auto& in) { return in.path().parent_path() == path.parent_path(); });
    open_.push_front(std::move(**file));
    return open_.front().take();
  }
  return nullptr;
}

result<const log_record*> record_tail::read(record_number number) {
  for (auto& file : open_) {
    auto found = file.seek(number);
    if (!found) return found;
    if (*found != nullptr && (*found)->number == number) return file.take();
  }
  return read_from_new_file(number);
}

} // namespace tickmesh
