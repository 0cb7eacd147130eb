// What was told to be durable is there in the next life, whenever processes and power end; and what
// there is can be opened.
#include "tests/support/disk_lives.hpp"

#include "actors/execution/journal/journal_verify.hpp"
#include "actors/execution/journal/slot_journal.hpp"
#include "actors/market/slot/slot_log.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "runtime/cluster/epoch_store.hpp"
#include "runtime/log/directories.hpp"
#include "tests/support/journal_records.hpp"
#include "tests/support/tick_log_records.hpp"

namespace tickmesh::disk_lives_test {

namespace {

/// What was appended and synced, as far as somebody was told.
struct told_log {
  std::uint64_t appended = 0;
  std::uint64_t synced = 0;

  /// A life has found this; it is what holds.
  void find(std::uint64_t last, disk_life& life) {
    CHECK(last >= (std::exchange(life.is_after_power_loss, false) ? synced : appended));
    appended = last;
    synced = std::min(synced, last);
  }
};

// --- the epoch ---

struct told_epoch {
  std::uint64_t saved = 0;
  std::uint64_t begun = 0;
};

void live_with_epochs(disk_life& life, told_epoch& told) {
  auto store = epoch_store::open("/state/host/epochs", life.files);
  if (!life.goes_on(store)) return;
  auto found = store->current().number.value;
  CHECK(found >= told.saved);
  CHECK(found <= told.begun);
  for (auto number = found + 1; number < found + 4; ++number) {
    told.begun = number;
    if (!life.goes_on(store->save({"c0ffee", epoch{number}}))) return;
    told.saved = number;
  }
}

// --- the journal ---

const std::vector<made_record>& journal_workload() {
  static const auto records = make_journal_records(1, 40);
  return records;
}

struct told_journal : told_log {};

void check_journal(journal& log, file_system& files) {
  auto& records = journal_workload();
  std::size_t first = 0;
  while (first < records.size() && records[first].record().first < log.first_event())
    ++first;
  journal_reader reader{log.directory(), files};
  auto end = check_records(reader, records, first);
  CHECK(log.last_event() == (end == 0 ? 0 : records[end - 1].record().last()));
  auto verified = verify_journal(log.directory(), files);
  REQUIRE(verified.has_value());
  CHECK(verified->damages.empty());
}

/// Append, sync and release up to the end.
void live_with_journal(disk_life& life, told_journal& told) {
  auto log = journal::open({.directory = "/state/journal/exec-0",
                            .segment_bytes_max = 1 << 10,
                            .cut_unsynced = life.is_after_power_loss},
                           life.files);
  if (!life.goes_on(log)) return;
  told.find((*log)->last_event(), life);
  check_journal(**log, life.files);
  std::uint64_t calls = 0;
  for (auto& made : journal_workload()) {
    auto record = made.record();
    if (record.first <= told.appended) continue;
    if (!life.goes_on((*log)->append(record))) return;
    told.appended = record.last();
    if (++calls % 4 == 0) {
      auto synced = (*log)->sync();
      if (!life.goes_on(synced)) return;
      told.synced = *synced;
    }
    if (calls % 7 == 0 && told.synced > 20)
      if (!life.goes_on((*log)->release(told.synced - 20))) return;
  }
}

// --- the journal of a slot ---

struct told_slot_journal : told_log {
  std::uint64_t identity = 0; ///< of the run that has written; 0: none has begun
  bool may_have_ended = false;
};

journal_run run_of(std::uint64_t number) {
  return {number, {"ru1901", "rb1901"}};
}

/// Runs with a repeatable source, of two configurations in turn, of which some end.
void live_with_slot_journal(disk_life& life, told_slot_journal& told) {
  slot_journal_options options{.directory = "/state/host/journal/exec-0",
                               .settings = {.cut_unsynced = life.is_after_power_loss},
                               .run = run_of(1 + life.random() % 2),
                               .boot = std::to_string(life.power_losses)};
  auto identity = options.run.identity();
  auto was = told;
  if (identity != told.identity) told = {};
  auto opened = open_slot_journal(options, life.files);
  if (!life.goes_on(opened)) {
    told = identity == was.identity ? was : told_slot_journal{};
    return;
  }
  auto& log = *opened->log;
  CHECK(opened->identity == identity);
  bool is_new = log.last_event() == 0 && told.may_have_ended;
  if (is_new) told = {};
  bool lacks_end = log.last_event() > 0 && log.last_event() < told.appended;
  CHECK((opened->may_lack_end || !lacks_end));
  told.find(log.last_event(), life);
  told.identity = identity;
  told.may_have_ended = false;
  for (int i = 0; i < 6; ++i) {
    auto next = log.last_event() + 1;
    if (!life.goes_on(log.append({.first = next, .events = 1, .writer = epoch{1}, .payload = "x"})))
      return;
    told.appended = next;
    if (i == 0 && !life.goes_on(note_boot(options, life.files))) return;
    if (i != 3) continue;
    auto synced = log.sync();
    if (!life.goes_on(synced)) return;
    told.synced = *synced;
  }
  if (life.random() % 2 == 0) return;
  told.may_have_ended = true;
  if (!life.goes_on(mark_journal_ended(options.directory, life.files))) return;
}

// --- the tick log ---

constexpr std::int32_t first_day = 20181008, second_day = 20181009;

const std::vector<record_maker::made>& tick_log_workload() {
  static const auto records = [] {
    record_maker maker{3};
    std::vector<record_maker::made> out;
    for (int i = 0; i < 30; ++i) {
      bool first = i < 14 || (i < 18 && i % 2 == 0);
      out.push_back(maker.make(first ? first_day : second_day, 1, 3, first ? 0 : 3));
    }
    return out;
  }();
  return records;
}

struct told_tick_log : told_log {
  bool has_cut = false;
};

void check_tick_log(const tick_log& log, const std::filesystem::path& root, file_system& files) {
  record_batch batch;
  auto state = log.read(log.first_record() - record_number{1}, 1 << 20, batch);
  REQUIRE_MESSAGE(state.has_value(), state.error().message);
  CHECK(batch.records.size() == log.last_record().value + 1 - log.first_record().value);
  for (auto& record : batch.records)
    CHECK(record.payload == tick_log_workload()[record.number.value - 1].payload);
  auto reader = tick_log_reader::open(root, files);
  REQUIRE_MESSAGE(reader.has_value(), reader.error().message);
  auto verified = reader->verify();
  REQUIRE(verified.has_value());
  for (auto& damage : verified->damages)
    FAIL_CHECK(damage.file << " " << damage.offset << " " << damage.what);
}

/// Append, sync, seal, release, drop and truncate up to the end.
void live_with_tick_log(disk_life& life, told_tick_log& told) {
  tick_log_options options{.root = "/state/host/ticks/data-0",
                           .segment_bytes_max = 4 << 10,
                           .wal_keep_bytes_max = 4 << 10,
                           .cut_unsynced = life.is_after_power_loss};
  auto log = tick_log::open(options, life.files);
  if (!life.goes_on(log)) return;
  told.find(log->last_record().value, life);
  check_tick_log(*log, options.root, life.files);
  auto& records = tick_log_workload();
  while (told.appended < records.size()) {
    auto i = told.appended;
    auto record = records[i].record;
    record.payload = records[i].payload;
    if (!life.goes_on(log->append(record))) return;
    told.appended = record.number.value;
    if (i == 18) log->close_day(first_day);
    if (i % 4 == 3) {
      auto synced = log->sync();
      if (!life.goes_on(synced)) return;
      told.synced = synced->value;
    }
    if (i % 6 == 5 && !life.goes_on(log->seal_next())) return;
    if (i % 6 == 5 && !life.goes_on(log->release(record_number{i - 4}))) return;
    if (i == 22) {
      while (log->seal_next().value_or(false)) {
      }
      if (!life.goes_on(log->drop_days_before(second_day, record_number{19}))) return;
    }
    if (i == 26 && !std::exchange(told.has_cut, true)) {
      told.appended = std::min<std::uint64_t>(told.appended, 24);
      told.synced = std::min<std::uint64_t>(told.synced, 24);
      if (!life.goes_on(log->truncate(record_number{24}))) return;
    }
  }
}

// --- the tick log of a slot ---

class unread_source final : public feed_source {
public:
  explicit unread_source(bool is_repeatable) : is_repeatable_(is_repeatable) {}
  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return names_; }
  std::uint64_t fingerprint() const override { return 0; }
  std::unique_ptr<feed> open(const resume_points&) const override { return nullptr; }
  bool is_repeatable() const override { return is_repeatable_; }

private:
  bool is_repeatable_;
  symbol_table symbols_{std::vector<std::string>{"a", "b"}};
  std::vector<std::string> names_{"unread"};
};

slot_context context_of(disk_life& life, epoch formed) {
  auto view = std::make_shared<cluster_view>();
  view->formed = view->number = formed;
  auto host = std::make_shared<host_settings>();
  host->id = "host";
  host->state_dir = "/state";
  slot_context out{{role::data, 0}, view, host, nullptr, {}, {}, formed};
  out.files = &life.files;
  return out;
}

/// Appends and syncs some records behind those that are there; false where the process dies.
bool write_records(disk_life& life, tick_log& log, epoch writer, told_log& told) {
  auto& records = tick_log_workload();
  for (int i = 0; i < 5; ++i) {
    auto number = log.last_record() + record_number{1};
    auto& made = records[number.value % 14];
    auto record = made.record;
    record.number = number;
    record.writer = writer;
    record.payload = made.payload;
    if (!life.goes_on(log.append(record))) return false;
    told.appended = number.value;
    if (i != 2) continue;
    auto synced = log.sync();
    if (!life.goes_on(synced)) return false;
    told.synced = synced->value;
  }
  return true;
}

struct told_slot_log : told_log {
  std::uint64_t formed = 0;     ///< of the last run
  std::uint64_t data_epoch = 0; ///< of the records
  bool is_lost = false;         ///< the log is, with all records
};

/// A live source: each life is a run of its own, which goes on with the log, unless that was lost.
void live_with_live_log(disk_life& life, told_slot_log& told) {
  auto context = context_of(life, epoch{++told.formed});
  if (life.random() % 4 == 0) {
    static_cast<told_log&>(told) = {};
    auto directory = slot_log_directory(*context.host, context.slot);
    if (!life.goes_on(drop_directory(life.files, directory))) return;
    told.is_lost = true;
  }
  unread_source source{false};
  tick_log_settings settings{.cut_unsynced = life.is_after_power_loss};
  auto log = open_slot_log(context, source, settings);
  if (!life.goes_on(log)) return;
  told.find((*log)->last_record().value, life);
  auto data_epoch = read_data_epoch(context);
  if (!life.goes_on(data_epoch)) return;
  if (told.appended > 0) CHECK(data_epoch->value == told.data_epoch);
  CHECK(data_epoch->value >= told.data_epoch + (std::exchange(told.is_lost, false) ? 1 : 0));
  told.data_epoch = data_epoch->value;
  write_records(life, **log, epoch{told.formed}, told);
}

/// A repeatable source: a run drops what an earlier one has left.
void live_with_repeated_log(disk_life& life, told_slot_log& told) {
  bool is_new_run = told.formed == 0 || life.random() % 2 == 0;
  if (is_new_run) ++told.formed;
  auto context = context_of(life, epoch{told.formed});
  unread_source source{true};
  tick_log_settings settings{.cut_unsynced = life.is_after_power_loss};
  if (is_new_run) static_cast<told_log&>(told) = {};
  auto log = open_slot_log(context, source, settings);
  if (!life.goes_on(log)) return;
  if (is_new_run) CHECK((*log)->last_record().value == 0);
  told.find((*log)->last_record().value, life);
  write_records(life, **log, epoch{told.formed}, told);
}

/// A replica whose log begins anew behind what the owner says, after each life's records.
void live_with_replica(disk_life& life, told_slot_log& told) {
  auto context = context_of(life, epoch{++told.formed});
  unread_source source{false};
  tick_log_settings settings{.cut_unsynced = life.is_after_power_loss};
  auto log = open_slot_log(context, source, settings);
  if (!life.goes_on(log)) return;
  if (told.appended > 0) told.find((*log)->last_record().value, life);
  if (!life.goes_on(keep_data_epoch(context, epoch{7}))) return;
  if (!write_records(life, **log, epoch{told.formed}, told)) return;
  auto keep = (*log)->last_record() + record_number{100};
  static_cast<told_log&>(told) = {};
  auto fresh =
      start_slot_log_anew(std::move(*log), context, source, settings, keep, epoch{told.formed});
  if (!life.goes_on(fresh)) return;
  CHECK((*fresh)->last_record() == keep);
  told.appended = told.synced = keep.value;
  if (!life.goes_on(keep_data_epoch(context, epoch{7}))) return;
  write_records(life, **fresh, epoch{told.formed}, told);
}

} // namespace

TEST_CASE("an epoch that was saved outlives processes and power") {
  live_on_disk<told_epoch>(20, live_with_epochs);
}

TEST_CASE("a journal's events outlive processes, and what was synced the power") {
  live_on_disk<told_journal>(4, live_with_journal);
}

TEST_CASE("a slot's journal is gone on with or begun anew, whenever processes and power end") {
  live_on_disk<told_slot_journal>(20, live_with_slot_journal);
}

TEST_CASE("a tick log's records outlive processes, and what was synced the power") {
  live_on_disk<told_tick_log>(4, live_with_tick_log);
}

TEST_CASE("the log of a live source goes on under its data epoch, whenever power ends") {
  live_on_disk<told_slot_log>(20, live_with_live_log);
}

TEST_CASE("the log of a repeatable source is dropped by the next run, whenever power ends") {
  live_on_disk<told_slot_log>(20, live_with_repeated_log);
}

TEST_CASE("a replica's log begins anew, whenever processes and power end") {
  live_on_disk<told_slot_log>(10, live_with_replica);
}

} // namespace tickmesh::disk_lives_test
