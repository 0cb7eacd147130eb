// One way through a journal: from its begin, behind an event, to one, up to one, and past its end.
#include "actors/execution/journal/journal_walk.hpp"

#include "tests/support/journal_records.hpp"

namespace tickmesh::journal_walk_test {

namespace {

using spans = std::vector<std::pair<std::uint64_t, std::uint64_t>>; ///< first and last event

/// A journal of small files, and what its records hold.
struct walked_journal {
  walked_journal() {
    log = *journal::open({.directory = directory.log(), .segment_bytes_max = 4 << 10}, files);
    append(200);
  }
  void append(std::size_t count) {
    for (; count > 0 && next < records.size(); --count, ++next) {
      REQUIRE(log->append(records[next].record()));
      held.emplace_back(records[next].record().first, records[next].record().last());
    }
  }
  spans rest(journal_walk& walk, std::uint64_t through = UINT64_MAX) const {
    spans out;
    for (;;) {
      auto logged = walk.next(through);
      REQUIRE_MESSAGE(logged, logged.error().message);
      if (*logged == nullptr) return out;
      auto& batch = (*logged)->batch;
      out.emplace_back(batch.first_number, batch.first_number + batch.size() - 1);
      CHECK(walk.record().first == batch.first_number);
    }
  }

  log_directory directory;
  unsynced_file_system files;
  std::vector<made_record> records = make_journal_records(3, 220);
  std::size_t next = 0;
  spans held;
  std::unique_ptr<journal> log;
};

} // namespace

TEST_CASE("a walk hands over every record once, wherever it begins and whatever it stops at") {
  walked_journal j;
  journal_walk whole{j.directory.log()};
  CHECK(j.rest(whole) == j.held);
  j.append(20);
  CHECK(j.rest(whole) == spans(j.held.end() - 20, j.held.end())); // what has come since then
  for (std::size_t i = 0; i < j.held.size(); i += 7) {
    CAPTURE(i);
    auto [first, last] = j.held[i];
    journal_walk behind{j.directory.log()}, within{j.directory.log()}, halted{j.directory.log()};
    behind.go_behind(last);
    CHECK(j.rest(behind) ==
          spans(j.held.begin() + static_cast<std::ptrdiff_t>(i) + 1, j.held.end()));
    within.go_to(last);
    CHECK(j.rest(within) == spans(j.held.begin() + static_cast<std::ptrdiff_t>(i), j.held.end()));
    auto before = j.rest(halted, last - 1); // whole records only
    CHECK(before.size() == i);
    CHECK(j.rest(halted) == spans(j.held.begin() + static_cast<std::ptrdiff_t>(i), j.held.end()));
  }
}

TEST_CASE("a walk says which events are not kept any more") {
  walked_journal j;
  auto firsts = list_journal_files(j.files, j.directory.log());
  REQUIRE((firsts && firsts->size() > 2));
  std::filesystem::remove(j.directory.log() / journal_file_name(firsts->front()));
  auto begin = (*firsts)[1];
  journal_walk whole{j.directory.log()};
  auto refused = whole.next();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("the events from 1 to " + std::to_string(begin - 1) +
                                     " are not kept any more") != std::string::npos);
  journal_walk kept{j.directory.log()};
  kept.go_to_first_kept();
  CHECK(j.rest(kept).front().first == begin);
  journal_walk inside{j.directory.log()}; // behind an event in the midst of a record
  auto wide = std::find_if(j.held.begin(), j.held.end(), [&](auto& span) {
    return span.first > begin && span.second > span.first;
  });
  REQUIRE(wide != j.held.end());
  inside.go_behind(wide->first);
  auto torn = inside.next();
  REQUIRE_FALSE(torn);
  CHECK(torn.error().message.find(" stands where event ") != std::string::npos);
}

} // namespace tickmesh::journal_walk_test
