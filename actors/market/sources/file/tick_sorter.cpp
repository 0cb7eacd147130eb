#include "actors/market/sources/file/tick_sorter.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <stdexcept>
#include <tuple>
#include <type_traits>

namespace tickmesh {

namespace {

static_assert(std::is_trivially_copyable_v<tick>, "ticks are stored as they lie in memory");

constexpr std::size_t run_ticks = 65'536;
constexpr std::size_t block_ticks = 1'024;
constexpr int compression_level = 1;

/// The order of what a sorted_cursor gives.
bool comes_before(const tick& a, const tick& b) {
  return std::tie(a.effective_time, a.source, a.position) <
         std::tie(b.effective_time, b.source, b.position);
}

} // namespace

tick_sorter::tick_sorter(std::filesystem::path directory, std::size_t memory_max,
                         file_system& files)
    : directory_(std::move(directory)), memory_max_(memory_max), files_(files),
      compressor_(ZSTD_createCCtx()) {}

tick_sorter::~tick_sorter() {
  ZSTD_freeCCtx(compressor_);
}

result<void> tick_sorter::push(const tick& t) {
  gathered_.push_back(t);
  return gathered_.size() == run_ticks ? end_run() : result<void>{};
}

result<std::shared_ptr<const sorted_ticks>> tick_sorter::finish() {
  if (auto ended = end_run(); !ended) return tl::make_unexpected(ended.error());
  std::ranges::sort(runs_, [](const sorted_run& a, const sorted_run& b) {
    return comes_before(a.first, b.first);
  });
  return std::make_shared<const sorted_ticks>(std::move(runs_), std::move(file_));
}

result<void> tick_sorter::end_run() {
  if (gathered_.empty()) return {};
  sorted_run run;
  if (!std::ranges::is_sorted(gathered_, comes_before)) sort_gathered();
  run.first = gathered_.front();
  auto bytes = gathered_.size() * sizeof(tick);
  if (in_memory_ + bytes <= memory_max_) {
    in_memory_ += bytes;
    run.ticks = std::exchange(gathered_, {});
    run.ticks.shrink_to_fit();
  } else {
    if (auto stored = store(run); !stored) return stored;
    gathered_.clear();
  }
  runs_.push_back(std::move(run));
  return {};
}

void tick_sorter::sort_gathered() {
  order_.clear();
  for (std::uint32_t place = 0; place < gathered_.size(); ++place) {
    auto& t = gathered_[place];
    order_.push_back({t.effective_time, t.source, t.position, place});
  }
  std::ranges::sort(order_);
  std::vector<tick> sorted;
  sorted.reserve(gathered_.size());
  for (auto& key : order_)
    sorted.push_back(gathered_[key.place]);
  gathered_ = std::move(sorted);
}

/// Compresses what was gathered, and appends it to the file.
result<void> tick_sorter::store(sorted_run& run) {
  if (!file_.is_open())
    if (auto opened = open_file(); !opened) return opened;
  packed_.resize(ZSTD_compressBound(block_ticks * sizeof(tick)));
  for (std::size_t begin = 0; begin < gathered_.size(); begin += block_ticks) {
    auto count = std::min(block_ticks, gathered_.size() - begin);
    auto size = ZSTD_compressCCtx(compressor_, packed_.data(), packed_.size(), &gathered_[begin],
                                  count * sizeof(tick), compression_level);
    if (ZSTD_isError(size))
      return fail(fmt::format("{}: cannot compress rows: {}", file_.path().string(),
                              ZSTD_getErrorName(size)));
    if (auto written = file_.write({packed_.data(), size}, file_bytes_); !written) return written;
    run.blocks.push_back(
        {file_bytes_, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(count)});
    file_bytes_ += size;
  }
  return {};
}

/// The file loses its name at once, so that nothing is left of it however the process ends.
result<void> tick_sorter::open_file() {
  static std::atomic<unsigned> number{0};
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  auto path = directory_ / fmt::format("rows-{}-{}.tmp", ::getpid(), ++number);
  auto file = log_file::open(files_, path, O_RDWR | O_CREAT | O_EXCL);
  if (!file) return tl::make_unexpected(file.error());
  if (files_.unlink(path) != 0) return file_fault(path, "cannot be removed");
  file_ = std::move(*file);
  return {};
}

sorted_cursor::sorted_cursor(std::shared_ptr<const sorted_ticks> ticks)
    : ticks_(std::move(ticks)), cursors_(ticks_->runs().size()), others_(comes_later{this}),
      decompressor_(ZSTD_createDCtx()) {
  for (std::size_t run = 0; run < cursors_.size(); ++run)
    others_.push(run);
}

sorted_cursor::~sorted_cursor() {
  ZSTD_freeDCtx(decompressor_);
}

bool sorted_cursor::comes_later::operator()(std::size_t a, std::size_t b) const {
  return comes_before(cursor->next_of(b), cursor->next_of(a));
}

const tick& sorted_cursor::next_of(std::size_t run) const {
  auto& cursor = cursors_[run];
  return cursor.has_begun ? cursor.at_hand.front() : ticks_->runs()[run].first;
}

bool sorted_cursor::next(tick& out) {
  // The run goes on as long as no other one has an earlier tick: recorded files are mostly sorted.
  if (has_current_ && !others_.empty() && comes_before(next_of(others_.top()), next_of(current_))) {
    others_.push(current_);
    has_current_ = false;
  }
  if (!has_current_) {
    if (others_.empty()) return false;
    current_ = others_.top();
    others_.pop();
    has_current_ = true;
  }
  auto& cursor = cursors_[current_];
  if (!cursor.has_begun) load(current_);
  out = cursor.at_hand.front();
  cursor.at_hand = cursor.at_hand.subspan(1);
  if (cursor.at_hand.empty()) has_current_ = load(current_);
  return true;
}

/// Takes the next ticks of a run at hand; false where there are none.
bool sorted_cursor::load(std::size_t run) {
  auto& cursor = cursors_[run];
  auto& has = ticks_->runs()[run];
  if (!has.ticks.empty()) {
    if (cursor.has_begun) return false;
    cursor.at_hand = has.ticks;
  } else if (cursor.next_block < has.blocks.size()) {
    read_block(has.blocks[cursor.next_block++], cursor.loaded);
    cursor.at_hand = cursor.loaded;
  } else {
    cursor.loaded = {};
    return false;
  }
  cursor.has_begun = true;
  return true;
}

void sorted_cursor::read_block(const stored_block& block, std::vector<tick>& out) {
  packed_.resize(block.bytes);
  auto read = ticks_->file().read(packed_.data(), packed_.size(), block.offset);
  if (!read) throw std::runtime_error(read.error().message);
  out.resize(block.ticks);
  auto bytes = out.size() * sizeof(tick);
  auto size = ZSTD_decompressDCtx(decompressor_, out.data(), bytes, packed_.data(), *read);
  if (size != bytes)
    throw std::runtime_error(fmt::format("{}: the rows at byte {} are damaged",
                                         ticks_->file().path().string(), block.offset));
}

} // namespace tickmesh
