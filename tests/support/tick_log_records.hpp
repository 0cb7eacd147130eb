// Records of ticks for tests of the tick log, and a file system in which any call can fail.
#pragma once

#include "actors/market/tick_log/tick_log.hpp"
#include "messages/tick_run.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// A directory that goes with the object; in memory where the system offers that.
class log_directory {
public:
  log_directory() {
    std::filesystem::path memory{"/dev/shm"};
    auto parent = std::filesystem::is_directory(memory) && ::access(memory.c_str(), W_OK) == 0
                      ? memory
                      : std::filesystem::temp_directory_path();
    auto pattern = (parent / "tick_log_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  log_directory(const log_directory&) = delete;
  log_directory& operator=(const log_directory&) = delete;
  ~log_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path log() const { return path_ / "log"; }
  /// Of the log's file whose name begins so, the first by name.
  std::filesystem::path find(const std::string& prefix) const {
    std::vector<std::filesystem::path> found;
    for (auto& entry : std::filesystem::recursive_directory_iterator{log()})
      if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found.empty() ? std::filesystem::path{} : found.front();
  }

private:
  std::filesystem::path path_;
};

/// Makes records of random ticks and remembers what is in them.
class record_maker {
public:
  explicit record_maker(std::uint64_t seed, std::uint32_t symbols = 3)
      : random_(seed), symbols_(symbols) {}

  struct made {
    log_record record;
    std::string payload;
    std::vector<tick> ticks;
    std::vector<tick> rejected;
  };

  /// The next record: a run for each symbol from `first_symbol` on, one rejected tick, totals.
  made make(std::int32_t trading_day, std::uint64_t writer = 1, std::uint32_t ticks_each = 5,
            std::uint32_t first_symbol = 0) {
    made out;
    for (std::uint32_t s = 0; s < symbols_; ++s) {
      std::vector<tick> run;
      for (std::uint32_t i = 0; i < ticks_each; ++i)
        run.push_back(next_tick(first_symbol + s, trading_day));
      encoder_.append(out.payload, run, first_data_epoch, 0);
      out.ticks.insert(out.ticks.end(), run.begin(), run.end());
    }
    auto bad = next_tick(first_symbol, trading_day);
    --numbers_[first_symbol];
    bad.number = {};
    bad.effective_time = {};
    std::vector reasons{reject_reason::crossed_book};
    append_rejected_run(out.payload, encoder_, std::span{&bad, 1}, reasons, 0);
    out.rejected.push_back(bad);
    totals_.records_in += out.ticks.size() + 1;
    totals_.accepted += out.ticks.size();
    append_slot_totals(out.payload, totals_);
    out.record = {record_number{++record_},
                  epoch{writer},
                  trading_day,
                  static_cast<std::uint32_t>(out.ticks.size()),
                  1,
                  {}};
    return out;
  }

  const slot_totals& totals() const { return totals_; }

private:
  tick next_tick(std::uint32_t symbol, std::int32_t trading_day) {
    auto draw = [this](std::int64_t limit) {
      return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
    };
    tick t;
    t.symbol = symbol_id{symbol};
    t.trading_day = trading_day;
    t.position = source_position{++position_};
    t.event_time = from_ns(1'538'960'400'000'000'000 + static_cast<std::int64_t>(position_) * 500);
    t.bid = draw(10) == 0 ? no_price : price{(3500 + draw(20)) * decimal_scale};
    t.ask = draw(10) == 0 ? no_price : price{(3521 + draw(20)) * decimal_scale};
    t.last = draw(10) == 0 ? no_price : price{(3510 + draw(20)) * decimal_scale};
    t.volume = quantity{draw(9) * decimal_scale};
    cumulative_ += t.volume;
    t.cumulative_volume = cumulative_;
    t.turnover = money{int128{t.volume.value} * draw(40'000)};
    t.open_interest = quantity{draw(1'000'000)};
    t.bid_volume = quantity{draw(100) * decimal_scale};
    t.ask_volume = quantity{draw(100) * decimal_scale};
    t.record_id = static_cast<std::uint64_t>(draw(1 << 20));
    t.number = sequence{++numbers_[symbol]};
    t.effective_time = t.event_time + nanoseconds{draw(2)};
    if (t.effective_time < effective_[symbol]) t.effective_time = effective_[symbol];
    effective_[symbol] = t.effective_time;
    return t;
  }

  std::mt19937_64 random_;
  std::uint32_t symbols_;
  tick_run_encoder encoder_;
  std::uint64_t record_ = 0;
  std::uint64_t position_ = 0;
  quantity cumulative_{};
  slot_totals totals_;
  std::map<std::uint32_t, std::uint64_t> numbers_;
  std::map<std::uint32_t, timestamp> effective_;
};

/// The operating system's files, but that nothing waits for the disk: what the process sees of
/// them is the same. For several threads.
class unsynced_file_system : public file_system {
public:
  int open(const std::filesystem::path& path, int flags) override {
    return real_.open(path, flags);
  }
  int close(int fd) override { return real_.close(fd); }
  ssize_t pread(int fd, char* to, std::size_t bytes, std::uint64_t offset) override {
    return real_.pread(fd, to, bytes, offset);
  }
  ssize_t pwrite(int fd, const char* from, std::size_t bytes, std::uint64_t offset) override {
    return real_.pwrite(fd, from, bytes, offset);
  }
  int ftruncate(int fd, std::uint64_t bytes) override { return real_.ftruncate(fd, bytes); }
  int fdatasync(int) override { return 0; }
  int fsync(int) override { return 0; }
  int lock(int fd) override { return real_.lock(fd); }
  std::int64_t size(int fd) override { return real_.size(fd); }
  int rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return real_.rename(from, to);
  }
  int unlink(const std::filesystem::path& path) override { return real_.unlink(path); }
  int mkdir(const std::filesystem::path& path) override { return real_.mkdir(path); }
  int rmdir(const std::filesystem::path& path) override { return real_.rmdir(path); }
  int list(const std::filesystem::path& directory, std::vector<std::string>& names) override {
    return real_.list(directory, names);
  }

private:
  file_system& real_ = posix_file_system();
};

/// What a call does from the chosen one on.
enum class broken_call { full_disk, short_write, input_output_error, process_death };

/// Files of which one call, or with `process_death` all from it on, fail. A write that fails by
/// death or shortly has written a part. Calls are counted from 1.
class broken_file_system final : public unsynced_file_system {
public:
  explicit broken_file_system(std::uint64_t broken_at = UINT64_MAX,
                              broken_call how = broken_call::process_death)
      : broken_at_(broken_at), how_(how) {}

  std::uint64_t calls() const { return calls_; }
  /// The numbers of the calls that wrote or made something, and so can find the disk full.
  const std::vector<std::uint64_t>& writing_calls() const { return writing_calls_; }

  int open(const std::filesystem::path& path, int flags) override {
    if ((flags & O_CREAT) != 0) writing_calls_.push_back(calls_ + 1);
    return strikes() ? -1 : unsynced_file_system::open(path, flags);
  }
  ssize_t pread(int fd, char* to, std::size_t bytes, std::uint64_t offset) override {
    return strikes() ? -1 : unsynced_file_system::pread(fd, to, bytes, offset);
  }
  ssize_t pwrite(int fd, const char* from, std::size_t bytes, std::uint64_t offset) override {
    bool first = calls_ + 1 == broken_at_;
    writing_calls_.push_back(calls_ + 1);
    if (!strikes()) return unsynced_file_system::pwrite(fd, from, bytes, offset);
    if (how_ == broken_call::short_write || (how_ == broken_call::process_death && first)) {
      auto part = unsynced_file_system::pwrite(fd, from, bytes / 2, offset);
      return how_ == broken_call::short_write ? part : -1;
    }
    return -1;
  }
  int ftruncate(int fd, std::uint64_t bytes) override {
    return strikes() ? -1 : unsynced_file_system::ftruncate(fd, bytes);
  }
  int fdatasync(int) override { return strikes() ? -1 : 0; }
  int fsync(int) override { return strikes() ? -1 : 0; }
  int lock(int fd) override { return strikes() ? -1 : unsynced_file_system::lock(fd); }
  std::int64_t size(int fd) override { return strikes() ? -1 : unsynced_file_system::size(fd); }
  int rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return strikes() ? -1 : unsynced_file_system::rename(from, to);
  }
  int unlink(const std::filesystem::path& path) override {
    return strikes() ? -1 : unsynced_file_system::unlink(path);
  }
  int mkdir(const std::filesystem::path& path) override {
    writing_calls_.push_back(calls_ + 1);
    return strikes() ? -1 : unsynced_file_system::mkdir(path);
  }
  int rmdir(const std::filesystem::path& path) override {
    return strikes() ? -1 : unsynced_file_system::rmdir(path);
  }
  int list(const std::filesystem::path& directory, std::vector<std::string>& names) override {
    return strikes() ? -1 : unsynced_file_system::list(directory, names);
  }

private:
  bool strikes() {
    ++calls_;
    bool out = how_ == broken_call::process_death ? calls_ >= broken_at_ : calls_ == broken_at_;
    if (out) errno = how_ == broken_call::full_disk ? ENOSPC : EIO;
    return out;
  }

  std::uint64_t broken_at_;
  broken_call how_;
  std::uint64_t calls_ = 0;
  std::vector<std::uint64_t> writing_calls_;
};

} // namespace tickmesh
