#include "actors/market/tick_log/record_tail.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>

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

/// Parses the record at the file's offset; with `whole` false, its header only. False when the
/// file has no more than a part of it.
result<bool> record_tail::parse(open_file& in, bool whole) {
  std::size_t wanted = whole ? chunk_bytes : record_header_bytes;
  for (int attempt = 0;; ++attempt) {
    auto skipped = in.offset - in.chunk_begin;
    std::string_view rest = in.chunk;
    rest = skipped < rest.size() ? rest.substr(skipped) : std::string_view{};
    auto state = whole ? parse_record(rest, parsed_) : parse_record_header(rest, parsed_);
    if (state == parse_state::complete) return true;
    if (attempt == 2) return false; // being appended, or damaged: whoever needs it will say so
    // A header that was read tells how long the record is.
    if (rest.size() >= record_header_bytes) wanted = std::max(wanted, parsed_.bytes);
    in.chunk.resize(std::max(wanted, chunk_bytes));
    in.chunk_begin = in.offset;
    auto got = in.file.read(in.chunk.data(), in.chunk.size(), in.offset);
    if (!got) return tl::make_unexpected(got.error());
    in.chunk.resize(*got);
  }
}

/// Goes on to the first record from `number` on, and says whether it is that one.
result<bool> record_tail::find_in(open_file& in, record_number number) {
  for (;;) {
    auto there = parse(in, false);
    if (!there || !*there) return there;
    if (parsed_.record.number >= number) break;
    in.offset += parsed_.bytes;
  }
  if (parsed_.record.number != number) return false;
  return parse(in, true);
}

/// Opens the file that holds the record; false when there is none.
result<bool> record_tail::open_file_with(record_number number) {
  std::vector<std::string> days;
  if (files_.list(root_, days) != 0) return file_fault(root_, "the directory can't be read");
  for (auto& day : days) {
    std::vector<std::string> names;
    if (!parse_day_name(day)) continue;
    if (files_.list(root_ / day, names) != 0) continue; // dropped meanwhile
    auto first = candidate(names, number);
    if (!first) continue;
    bool is_open = std::ranges::any_of(open_, [&](auto& in) { return in.first == *first; });
    if (is_open) continue;
    auto file = log_file::open(files_, root_ / day / wal_name(*first), O_RDONLY);
    if (!file && errno == ENOENT) continue; // released meanwhile
    if (!file) return tl::make_unexpected(file.error());
    // Of each day, the last file is read from.
    open_file in;
    in.file = std::move(*file);
    in.first = *first;
    auto found = find_in(in, number);
    if (!found) return found;
    if (!*found) continue;
    auto directory = in.file.path().parent_path();
    open_.remove_if([&](auto& old) { return old.file.path().parent_path() == directory; });
    open_.push_front(std::move(in));
    return true;
  }
  return false;
}

result<const log_record*> record_tail::read(record_number number) {
  auto found_in = open_.end();
  for (auto in = open_.begin(); in != open_.end(); ++in) {
    auto found = find_in(*in, number);
    if (!found) return tl::make_unexpected(found.error());
    if (!*found) continue;
    found_in = in;
    break;
  }
  if (found_in == open_.end()) {
    auto opened = open_file_with(number);
    if (!opened) return tl::make_unexpected(opened.error());
    if (!*opened) return nullptr;
    found_in = open_.begin();
    if (auto there = parse(*found_in, true); !there) return tl::make_unexpected(there.error());
  }
  found_in->offset += parsed_.bytes;
  return &parsed_.record;
}

} // namespace tickmesh
