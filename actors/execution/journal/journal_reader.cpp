#include "actors/execution/journal/journal_reader.hpp"

#include "actors/execution/journal/journal_state.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace tickmesh {

namespace {

constexpr std::size_t chunk_bytes = 1 << 20;

} // namespace

journal_reader::journal_reader(std::filesystem::path directory, file_system& files)
    : directory_(std::move(directory)), files_(files) {}

tl::unexpected<fault> journal_reader::fault_at(std::string_view what) const {
  return fail(fmt::format("{}: offset {}: {}", file_.path().string(), offset_, what));
}

result<void> journal_reader::seek(std::uint64_t event) {
  file_ = log_file{};
  wanted_ = event;
  may_begin_late_ = false;
  auto opened = open_first();
  return opened ? result<void>{} : tl::make_unexpected(opened.error());
}

/// Opens the file in which the wanted event is or would be; false when there is none yet.
result<bool> journal_reader::open_first() {
  auto firsts = list_journal_files(files_, directory_);
  if (!firsts) return tl::make_unexpected(firsts.error());
  if (firsts->empty()) return false;
  auto behind = std::upper_bound(firsts->begin(), firsts->end(), wanted_);
  if (behind == firsts->begin()) {
    if (!may_begin_late_)
      return fail(fmt::format("{}: event {} is not kept any more; the first one is {}",
                              directory_.string(), wanted_, firsts->front()));
    ++behind;
  }
  return open(*std::prev(behind)).map([] { return true; });
}

result<void> journal_reader::open(std::uint64_t first_event) {
  auto file = log_file::open(files_, directory_ / journal_file_name(first_event), O_RDONLY);
  if (!file) return tl::make_unexpected(file.error());
  file_ = std::move(*file);
  expected_ = first_event;
  offset_ = 0;
  chunk_.clear();
  return {};
}

/// At the end of a file: opens the one that follows; false when there is none yet.
result<bool> journal_reader::open_next() {
  if (offset_ == 0) return false; // begun, and nothing written yet
  auto done = open(expected_);
  if (done) return true;
  if (errno != ENOENT) return tl::make_unexpected(done.error());
  auto firsts = list_journal_files(files_, directory_);
  if (!firsts) return tl::make_unexpected(firsts.error());
  if (firsts->empty() || firsts->back() < expected_) return false;
  if (std::binary_search(firsts->begin(), firsts->end(), expected_)) // begun just now
    return open(expected_).map([] { return true; });
  // This file may have grown, and then the next one been begun, since its end was seen.
  auto grown = peek();
  if (!grown) return tl::make_unexpected(grown.error());
  if (*grown == found::record) return true;
  return fault_at(fmt::format("the file of the events from {} on is missing", expected_));
}

result<void> journal_reader::fill(std::size_t bytes) {
  chunk_.resize(std::max(bytes, chunk_bytes));
  chunk_begin_ = offset_;
  auto got = file_.read(chunk_.data(), chunk_.size(), offset_);
  if (!got) return tl::make_unexpected(got.error());
  chunk_.resize(*got);
  return {};
}

/// Reads the record at `offset_` into `parsed_`.
result<journal_reader::found> journal_reader::peek() {
  for (int attempt = 0;; ++attempt) {
    auto skipped = offset_ - chunk_begin_;
    std::string_view rest = chunk_;
    rest = skipped < rest.size() ? rest.substr(skipped) : std::string_view{};
    parsed_.bytes = journal_header_bytes;
    auto state = parse_journal_record(rest, parsed_);
    if (state == frame_state::complete) return found::record;
    // What was read may have been on its way to the file: twice it is read anew.
    if (attempt == 2) {
      chunk_.clear();
      return rest.empty() ? found::nothing : found::part;
    }
    if (auto done = fill(parsed_.bytes); !done) return tl::make_unexpected(done.error());
  }
}

/// Whether an intact record stands behind what is none at `offset_`.
result<bool> journal_reader::is_followed() {
  auto firsts = list_journal_files(files_, directory_);
  if (!firsts) return tl::make_unexpected(firsts.error());
  if (!firsts->empty() && firsts->back() > expected_) return true;
  auto size = file_.size();
  if (!size) return tl::make_unexpected(size.error());
  auto done = fill(*size > offset_ ? static_cast<std::size_t>(*size - offset_) : 0);
  if (!done) return tl::make_unexpected(done.error());
  parsed_journal_record ignored;
  bool out = find_journal_record(chunk_, 8, ignored).has_value();
  chunk_.clear();
  return out;
}

result<const journal_record*> journal_reader::next() {
  for (;;) {
    if (!file_.is_open()) {
      auto opened = open_first();
      if (!opened) return tl::make_unexpected(opened.error());
      if (!*opened) return nullptr;
    }
    auto there = peek();
    if (!there) return tl::make_unexpected(there.error());
    if (*there == found::part) {
      auto followed = is_followed();
      if (!followed) return tl::make_unexpected(followed.error());
      if (!*followed) return nullptr;
      // What follows was written behind the whole record, which may have been on its way before.
      there = peek();
      if (!there) return tl::make_unexpected(there.error());
      if (*there != found::record) return fault_at("the record is damaged");
    }
    if (*there == found::nothing) {
      auto opened = open_next();
      if (!opened) return tl::make_unexpected(opened.error());
      if (!*opened) return nullptr;
      continue;
    }
    auto& record = parsed_.record;
    if (record.first != expected_)
      return fault_at(
          fmt::format("event {} stands where event {} belongs", record.first, expected_));
    record_offset_ = offset_;
    offset_ += parsed_.bytes;
    expected_ = record.last() + 1;
    if (record.last() >= wanted_) return &record;
  }
}

} // namespace tickmesh
