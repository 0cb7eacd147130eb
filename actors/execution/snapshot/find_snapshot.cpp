#include "actors/execution/snapshot/find_snapshot.hpp"

#include "actors/execution/journal/journal_state.hpp"
#include "actors/execution/snapshot/snapshot_files.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

/// Whether the journal has, where the snapshot ends, the record that it was made of.
result<void> check_record(const fs::path& directory, const snapshot_head& head,
                          file_system& files) {
  journal_reader reader{directory, files};
  if (auto done = reader.seek(head.event); !done) return done;
  auto record = reader.next();
  if (!record) return tl::make_unexpected(record.error());
  if (*record == nullptr) return fail("the journal ends before it");
  if ((*record)->last() != head.event || fingerprint_of(**record) != head.record)
    return fail("it is of another journal");
  return {};
}

class search {
public:
  search(const fs::path& directory, file_system& files) : directory_(directory), files_(files) {}

  /// Reads the names; whether the journal is there from its first event.
  result<bool> begin() {
    auto snapshots = list_snapshots(files_, directory_);
    if (!snapshots) return tl::make_unexpected(snapshots.error());
    candidates = std::move(*snapshots);
    auto firsts = list_journal_files(files_, directory_);
    if (!firsts) return tl::make_unexpected(firsts.error());
    first_ = firsts->empty() ? 1 : firsts->front();
    return first_ == 1;
  }

  /// The first of the candidates that will do.
  bool take(bool goes_on, bool makes_rows, bool needs_rows) {
    for (auto event : candidates) {
      auto file = directory_ / snapshot_file_name(event);
      auto done = try_one(file, goes_on, makes_rows, needs_rows);
      if (done) return true;
      found.passed_over.push_back(
          fmt::format("{}: passed over: {}", file.string(), done.error().message));
    }
    return false;
  }

  tl::unexpected<fault> nothing_left() const {
    std::string why = candidates.empty() ? "there is no snapshot" : found.passed_over.back();
    return fail(fmt::format("{}: the events before {} are not kept any more, and nothing is known "
                            "without a snapshot: {}",
                            directory_.string(), first_, why));
  }

  std::vector<std::uint64_t> candidates;
  found_snapshot found;

private:
  result<void> try_one(const fs::path& file, bool goes_on, bool makes_rows, bool needs_rows) {
    auto bytes = read_file(files_, file);
    if (!bytes) return tl::make_unexpected(bytes.error());
    auto snapshot = slot_snapshot::parse(std::move(*bytes));
    if (!snapshot) return tl::make_unexpected(snapshot.error());
    if (auto done = check_record(directory_, snapshot->head(), files_); !done) return done;
    if (needs_rows && !snapshot->head().has_rows)
      return fail("it was made without the rows of results, which are wanted now");
    if (goes_on)
      if (auto done = snapshot->check_restorable(); !done) return done;
    auto trading = snapshot->make_trading(makes_rows);
    if (!trading) return tl::make_unexpected(trading.error());
    found.trading = std::move(*trading);
    found.snapshot = std::move(*snapshot);
    return {};
  }

  fs::path directory_;
  file_system& files_;
  std::uint64_t first_ = 1;
};

} // namespace

result<found_snapshot> find_newest_snapshot(const fs::path& directory, bool makes_rows,
                                            file_system& files) {
  search wanted{directory, files};
  auto is_whole = wanted.begin();
  if (!is_whole) return tl::make_unexpected(is_whole.error());
  std::ranges::reverse(wanted.candidates);
  if (wanted.take(true, makes_rows, makes_rows)) return std::move(wanted.found);
  if (*is_whole) return std::move(wanted.found);
  if (makes_rows && wanted.take(true, makes_rows, false)) return std::move(wanted.found);
  return wanted.nothing_left();
}

result<found_snapshot> find_oldest_snapshot(const fs::path& directory, file_system& files) {
  search wanted{directory, files};
  auto is_whole = wanted.begin();
  if (!is_whole) return tl::make_unexpected(is_whole.error());
  if (*is_whole) return found_snapshot{};
  if (wanted.take(false, false, false)) return std::move(wanted.found);
  return wanted.nothing_left();
}

} // namespace tickmesh
