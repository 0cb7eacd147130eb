// Reads all of a tick log and reports what is wrong: tick_log_reader::verify.
#include "actors/market/tick_log/tick_log_files.hpp"

#include <fmt/format.h>

#include <map>

namespace tickmesh {

namespace {

/// Follows the numbers of every symbol through the log.
class number_check {
public:
  /// What is wrong with a block that follows what was seen before; empty when nothing is.
  result<std::string> check(tick_block_reader& block) {
    auto numbers = block.column(block_number_column);
    if (!numbers) return tl::make_unexpected(numbers.error());
    auto epochs = block.column(block_epoch_column);
    if (!epochs) return tl::make_unexpected(epochs.error());
    auto times = block.effective_times();
    if (!times) return tl::make_unexpected(times.error());
    auto [place, fresh] = last_.try_emplace(block.symbol());
    auto& last = place->second;
    std::string out;
    for (std::size_t i = 0; i < block.count(); ++i) {
      seen now{(*numbers)[i], (*epochs)[i], (*times)[i]};
      bool known = !fresh || i > 0;
      bool next = now.number == last.number + 1 ||
                  (now.data_epoch > last.data_epoch && now.number > last.number);
      if (known && out.empty() && !next)
        out = fmt::format("symbol {}: tick {} follows tick {}", block.symbol().value, now.number,
                          last.number);
      if (known && out.empty() && now.effective_ns < last.effective_ns)
        out = fmt::format("symbol {}: the effective time of tick {} is before its predecessor's",
                          block.symbol().value, now.number);
      last = now;
    }
    return out;
  }

private:
  struct seen {
    std::int64_t number = 0;
    std::int64_t data_epoch = 0;
    std::int64_t effective_ns = 0;
  };
  std::map<symbol_id, seen> last_;
};

class verifier {
public:
  explicit verifier(tick_log_files& files) : files_(files) {}

  result<verification> run() {
    for (auto& path : files_.wal_files())
      if (auto done = check_records(path); !done) return tl::make_unexpected(done.error());
    for (auto& segment : files_.segments()) {
      if (segment.sealed)
        check_sealed(segment);
      else
        check_open(segment);
    }
    return std::move(out_);
  }

private:
  void report(const std::filesystem::path& file, std::uint64_t offset, std::string what) {
    out_.damages.push_back({file, offset, std::move(what)});
  }

  result<void> check_records(const std::filesystem::path& path) {
    auto bytes = read_file(files_.files(), path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    ++out_.files;
    std::size_t at = 0;
    framed_record parsed;
    tick_frame_view frame;
    while (at < bytes->size()) {
      auto rest = std::string_view{*bytes}.substr(at);
      if (parse_record(rest, parsed) != frame_state::complete) {
        report(path, at, "the record is damaged or incomplete");
        auto next = find_record(*bytes, at + 8, parsed);
        if (!next) break;
        at = *next;
        continue;
      }
      ++out_.records;
      if (auto done = read_tick_frame(parsed.record.payload, frame); !done)
        report(path, at, done.error().message);
      else if (frame.ticks != parsed.record.ticks)
        report(
            path, at,
            fmt::format("the record says {} ticks and has {}", parsed.record.ticks, frame.ticks));
      at += parsed.bytes;
    }
    return {};
  }

  void check_rejected(const std::filesystem::path& path, std::uint64_t expected,
                      const std::vector<rejected_tick>& found) {
    out_.rejected += found.size();
    if (found.size() != expected)
      report(path, 0, fmt::format("{} rejected ticks instead of {}", found.size(), expected));
  }

  void check_open(logged_segment& segment) {
    auto path = files_.day_path(segment.trading_day) / wal_name(segment.totals.first);
    std::uint64_t ticks = 0;
    auto done = files_.visit_runs(segment, [&](tick_block_reader& block) -> result<void> {
      ticks += block.count();
      return check_block(path, 0, block);
    });
    if (!done) report(path, 0, done.error().message);
    out_.ticks += ticks;
    std::vector<rejected_tick> rejected;
    for (auto& [record, bytes] : segment.rejected)
      if (auto read = decode_rejected(bytes, record, rejected); !read)
        report(path, 0, read.error().message);
    check_rejected(path, segment.totals.rejected, rejected);
  }

  result<void> check_block(const std::filesystem::path& path, std::uint64_t offset,
                           tick_block_reader& block) {
    ticks_.clear();
    if (auto done = block.append_ticks(0, block.count(), ticks_); !done) return done;
    auto wrong = numbers_.check(block);
    if (!wrong) return tl::make_unexpected(wrong.error());
    if (!wrong->empty()) report(path, offset, *wrong);
    return {};
  }

  void check_sealed(logged_segment& segment) {
    auto day = files_.day_path(segment.trading_day);
    auto path = day / ticks_name(segment.totals.first);
    ++out_.files;
    if (auto done = check_sealed_files(files_.files(), day, segment.totals, false); !done)
      report(path, 0, done.error().message);
    auto index = files_.index_of(segment);
    if (!index) return report(path, 0, index.error().message);
    std::uint64_t ticks = 0;
    for (auto& entry : **index) {
      auto block = files_.read_block(segment, entry);
      auto checked = block ? check_block(path, entry.offset, **block)
                           : result<void>{tl::make_unexpected(block.error())};
      if (!checked) {
        report(path, entry.offset, checked.error().message);
        continue;
      }
      ticks += ticks_.size();
      if (ticks_.front().number.value != entry.first_number ||
          ticks_.back().number.value != entry.last_number ||
          to_ns(ticks_.front().effective_time) != entry.begin_ns ||
          to_ns(ticks_.back().effective_time) != entry.end_ns)
        report(path, entry.offset, "the block's numbers or times are not those of the index");
    }
    out_.ticks += ticks;
    if (ticks != segment.totals.ticks)
      report(path, 0, fmt::format("{} ticks instead of {}", ticks, segment.totals.ticks));
    std::vector<rejected_tick> rejected;
    path = day / rejected_name(segment.totals.first);
    if (segment.totals.rejected_bytes > 0) {
      ++out_.files;
      auto read = read_rejected(files_.files(), path, [&](record_number record, auto bytes) {
        return decode_rejected(bytes, record, rejected);
      });
      if (!read) report(path, 0, read.error().message);
    }
    check_rejected(path, segment.totals.rejected, rejected);
  }

  tick_log_files& files_;
  verification out_;
  number_check numbers_;
  std::vector<tick> ticks_;
};

} // namespace

result<verification> tick_log_reader::verify() {
  return verifier{*files_}.run();
}

} // namespace tickmesh
