#include "actors/execution/journal/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace fs = std::filesystem;

journal::journal(journal_options options, file_system& files)
    : options_(std::move(options)), files_(files) {}

result<std::unique_ptr<journal>> journal::open(const journal_options& options, file_system& files) {
  std::unique_ptr<journal> out{new journal{options, files}};
  if (auto done = out->recover(); !done) return tl::make_unexpected(done.error());
  return out;
}

fs::path journal::path_of(std::uint64_t first_event) const {
  return options_.directory / journal_file_name(first_event);
}

result<void> journal::check(const journal_record& record) const {
  if (failed_) return tl::make_unexpected(*failed_);
  auto refuse = [&](std::string_view what) {
    return fail(fmt::format("{}: {} events from {} on of epoch {} can't be appended: {}",
                            options_.directory.string(), record.events, record.first,
                            record.writer.value, what));
  };
  if (record.first != last_ + 1) return refuse(fmt::format("the next one is {}", last_ + 1));
  if (record.writer < last_writer_)
    return refuse(
        fmt::format("epoch {} has written here: this owner is deposed", last_writer_.value));
  if (record.events == 0 || record.events > record_events_max)
    return refuse(fmt::format("a record holds 1 to {}", record_events_max));
  if (record.payload.size() > record_payload_max)
    return refuse(
        fmt::format("they take {} bytes; at most {}", record.payload.size(), record_payload_max));
  return {};
}

/// Begins a new file. It stays the one to append to even when the first write to it fails.
result<void> journal::rotate(std::uint64_t first_event) {
  auto file = log_file::open(files_, path_of(first_event), O_RDWR | O_CREAT | O_TRUNC);
  if (!file) return tl::make_unexpected(file.error());
  auto made = std::make_shared<segment>();
  made->first = first_event;
  made->last = first_event - 1;
  made->file = std::move(*file);
  current_ = made;
  std::lock_guard lock{mutex_};
  segments_.push_back(std::move(made));
  names_changed_ = true;
  return {};
}

result<void> journal::append(const journal_record& record) {
  std::uint64_t synced = 0;
  {
    std::lock_guard lock{mutex_};
    if (auto refused = check(record); !refused) return refused;
    synced = synced_;
  }
  auto bytes = journal_record_bytes(record.payload.size());
  bool is_full = current_ && current_->bytes > 0 &&
                 (begins_file_ || current_->bytes + bytes > options_.segment_bytes_max);
  if (!current_ || is_full)
    if (auto done = rotate(record.first); !done) return done;
  begins_file_ = false;
  auto& to = *current_;
  format_journal_record(record, synced, buffer_);
  if (auto done = to.write_behind(buffer_); !done) return done;
  std::lock_guard lock{mutex_};
  to.bytes += bytes;
  to.last = record.last();
  to.unsynced = true;
  last_ = record.last();
  last_writer_ = record.writer;
  return {};
}

void journal::begin_file() {
  begins_file_ = true;
}

result<std::uint64_t> journal::sync() {
  std::lock_guard keeping{keeping_};
  std::vector<segment_pointer> dirty;
  std::uint64_t upto = 0;
  bool names_changed = false;
  {
    std::lock_guard lock{mutex_};
    if (failed_) return tl::make_unexpected(*failed_);
    upto = last_;
    names_changed = std::exchange(names_changed_, false);
    for (auto& s : segments_)
      if (std::exchange(s->unsynced, false)) dirty.push_back(s);
  }
  auto done = sync_segments(dirty, names_changed, upto);
  {
    std::lock_guard lock{mutex_};
    if (!done) {
      failed_ = done.error();
      return tl::make_unexpected(*failed_);
    }
    synced_ = upto;
  }
  close_synced();
  return upto;
}

/// The state comes last: it must not promise more than there is.
result<void> journal::sync_segments(const std::vector<segment_pointer>& dirty, bool names_changed,
                                    std::uint64_t upto) {
  for (auto& s : dirty)
    if (auto done = s->file.sync_data(); !done) return done;
  if (!names_changed) return {};
  if (auto done = sync_directory(files_, options_.directory); !done) return done;
  journal_state next;
  {
    std::lock_guard lock{mutex_};
    next = state_;
  }
  next.synced = upto;
  if (auto done = write_journal_state(files_, options_.directory, next); !done) return done;
  std::lock_guard lock{mutex_};
  state_ = next;
  return {};
}

/// Closes the files that nothing more is done to.
void journal::close_synced() {
  std::vector<log_file> closed;
  std::lock_guard lock{mutex_};
  for (auto& s : segments_)
    if (s != segments_.back() && !s->unsynced && s->file.is_open())
      closed.push_back(std::exchange(s->file, log_file{}));
}

result<std::size_t> journal::release(std::uint64_t needed_after) {
  std::lock_guard keeping{keeping_};
  std::vector<segment_pointer> released;
  journal_state next;
  {
    std::lock_guard lock{mutex_};
    for (auto& s : segments_)
      if (s != segments_.back() && s->last <= needed_after) released.push_back(s);
    next = state_;
  }
  if (released.empty()) return 0;
  next.released = std::max(next.released, released.back()->last);
  if (auto done = write_journal_state(files_, options_.directory, next); !done)
    return tl::make_unexpected(done.error());
  {
    std::lock_guard lock{mutex_};
    state_ = next;
  }
  for (auto& s : released) {
    if (auto done = remove_file(files_, path_of(s->first)); !done)
      return tl::make_unexpected(done.error());
    std::lock_guard lock{mutex_};
    segments_.pop_front();
  }
  return released.size();
}

std::uint64_t journal::first_event() const {
  std::lock_guard lock{mutex_};
  return state_.released + 1;
}

std::uint64_t journal::last_event() const {
  std::lock_guard lock{mutex_};
  return last_;
}

std::uint64_t journal::synced_event() const {
  std::lock_guard lock{mutex_};
  return synced_;
}

std::uint64_t journal::sealed_event() const {
  std::lock_guard lock{mutex_};
  return segments_.size() < 2 ? 0 : segments_[segments_.size() - 2]->last;
}

epoch journal::last_writer() const {
  std::lock_guard lock{mutex_};
  return last_writer_;
}

} // namespace tickmesh
