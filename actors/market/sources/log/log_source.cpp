#include "actors/market/sources/log/log_source.hpp"

#include "actors/market/feed/fingerprint.hpp"
#include "actors/market/feed/ticks_ahead.hpp"
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <stdexcept>
#include <utility>

namespace tickmesh {

namespace {

/// Numbers of a symbol's ticks of one day; both ends belong to it.
struct number_range {
  sequence first{};
  sequence last{};
};

/// What one log has of a symbol.
struct logged_stream {
  std::size_t log = 0; ///< position of its directory
  std::vector<number_range> days;
};

/// What is to be read of the logs.
struct log_outline {
  std::vector<std::filesystem::path> directories;
  log_description description;
  std::vector<epoch> data_epochs; ///< by log
  std::map<symbol_id, logged_stream> streams;
  std::set<std::int32_t> days; ///< that the logs have, wanted or not
  std::uint64_t content_hash = 0;
};

class log_source final : public feed_source, public std::enable_shared_from_this<log_source> {
public:
  log_source(log_outline outline, const source_settings& settings)
      : outline_(std::move(outline)), time_mark_interval_(settings.time_mark_interval),
        ticks_held_max_(settings.ticklog.ticks_held_max), symbols_(outline_.description.symbols) {}

  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override {
    return outline_.description.sources;
  }
  std::uint64_t fingerprint() const override { return outline_.content_hash; }
  bool is_clean() const override { return true; }
  epoch data_epoch(symbol_id symbol) const override {
    auto found = outline_.streams.find(symbol);
    return found == outline_.streams.end() ? first_data_epoch
                                           : outline_.data_epochs[found->second.log];
  }
  std::unique_ptr<feed> open(const resume_points& from) const override;
  using feed_source::open;

  const log_outline& outline() const { return outline_; }
  std::size_t ticks_held_max() const { return ticks_held_max_; }

private:
  log_outline outline_;
  nanoseconds time_mark_interval_;
  std::size_t ticks_held_max_;
  symbol_table symbols_;
};

/// `feed` has no way to tell of a fault: files that were whole when the source was loaded are
/// damaged only where something is badly wrong.
template <class T>
T value_or_crash(result<T> value) {
  if (!value) throw std::runtime_error(value.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

class log_feed final : public marked_feed {
public:
  log_feed(std::shared_ptr<const log_source> source, nanoseconds interval)
      : marked_feed(interval, true), source_(std::move(source)),
        ahead_([this](tick& out) { return merge_next(out); }) {}

  void select(const std::vector<bool>& own) override { own_ = own; }

protected:
  bool read(tick& out) override { return ahead_.next(out); }

private:
  /// Runs in the thread of `ahead_`, as all that it calls.
  bool merge_next(tick& out) {
    if (!opened_) open_streams();
    if (next_.empty()) return false;
    auto at = next_.top().second;
    next_.pop();
    auto& stream = streams_[at];
    out = stream.ticks[stream.next++];
    if (stream.next < stream.ticks.size() || load_more(stream, share_)) push(at);
    return true;
  }

  /// A symbol's place in its log, with the ticks that come next.
  struct stream_cursor {
    symbol_id symbol{};
    const logged_stream* stream = nullptr;
    std::size_t day = 0;
    sequence number{}; ///< the next to be loaded; 0: the day's first
    std::vector<tick> ticks;
    std::size_t next = 0; ///< in ticks
  };
  using merge_key = std::pair<timestamp, symbol_id>;

  void open_streams() {
    opened_ = true;
    auto& outline = source_->outline();
    readers_.resize(outline.directories.size());
    for (auto& [symbol, stream] : outline.streams) {
      if (!own_.empty() && !own_[symbol.value]) continue;
      streams_.push_back({symbol, &stream, 0, {}, {}, 0});
      auto& reader = readers_[stream.log];
      if (!reader)
        reader.emplace(value_or_crash(tick_log_reader::open(outline.directories[stream.log])));
    }
    constexpr std::size_t share_min = 256;
    constexpr std::size_t share_max = 65'536;
    share_ = std::clamp(source_->ticks_held_max() / std::max<std::size_t>(streams_.size(), 1),
                        share_min, share_max);
    // At first not as many of each, so that they do not run out all at one time.
    for (std::size_t i = 0; i < streams_.size(); ++i)
      if (load_more(streams_[i], std::max(share_min, share_ * (i + 1) / streams_.size()))) push(i);
  }

  /// Loads the next ticks of a symbol, at most `most`; false when there are none.
  bool load_more(stream_cursor& cursor, std::size_t most) {
    cursor.ticks.clear();
    cursor.next = 0;
    auto& days = cursor.stream->days;
    while (cursor.ticks.empty() && cursor.day < days.size()) {
      auto& day = days[cursor.day];
      auto first = std::max(cursor.number, day.first);
      auto last = std::min(first + sequence{most - 1}, day.last);
      value_or_crash(
          readers_[cursor.stream->log]->ticks_by_number(cursor.symbol, first, last, cursor.ticks));
      cursor.number = last + sequence{1};
      if (last == day.last) ++cursor.day;
    }
    return !cursor.ticks.empty();
  }

  void push(std::size_t at) {
    auto& stream = streams_[at];
    next_.push({{stream.ticks[stream.next].effective_time, stream.symbol}, at});
  }

  std::shared_ptr<const log_source> source_;
  std::vector<bool> own_; ///< empty: all
  bool opened_ = false;
  std::vector<std::optional<tick_log_reader>> readers_; ///< by log
  std::vector<stream_cursor> streams_;
  std::priority_queue<std::pair<merge_key, std::size_t>,
                      std::vector<std::pair<merge_key, std::size_t>>, std::greater<>>
      next_; ///< the next tick of each stream that has one
  std::size_t share_ = 0;
  ticks_ahead ahead_; ///< the last member: its thread uses the others
};

std::unique_ptr<feed> log_source::open(const resume_points&) const {
  return std::make_unique<log_feed>(shared_from_this(), time_mark_interval_);
}

/// Adds what a log has of one day. An index is enough: whether the blocks keep to it is `ticks
/// verify`'s question.
result<void> outline_day(tick_log_reader& reader, std::size_t log, std::int32_t day,
                         fingerprint_builder& content, log_outline& out) {
  auto symbols = reader.symbols(day);
  if (!symbols) return tl::unexpected(symbols.error());
  for (auto& logged : *symbols) {
    if (logged.symbol.value >= out.description.symbols.size())
      return fail(fmt::format("{}: has ticks of symbol {}, but names only {} symbols",
                              out.directories[log].string(), logged.symbol.value,
                              out.description.symbols.size()));
    auto [place, fresh] = out.streams.try_emplace(logged.symbol, logged_stream{log, {}});
    if (place->second.log != log)
      return fail(fmt::format("source.ticklog.paths: {} and {} both have ticks of {}; give one "
                              "copy of each slot's log",
                              out.directories[place->second.log].string(),
                              out.directories[log].string(),
                              out.description.symbols[logged.symbol.value]));
    place->second.days.push_back({logged.first, logged.last});
    for (auto value :
         {std::int64_t{logged.symbol.value}, std::int64_t{day},
          static_cast<std::int64_t>(logged.ticks), static_cast<std::int64_t>(logged.first.value),
          static_cast<std::int64_t>(logged.last.value), to_ns(logged.begin), to_ns(logged.end)})
      content.add(value);
  }
  return {};
}

result<void> outline_log(const std::vector<std::int32_t>& wanted, std::size_t log,
                         fingerprint_builder& content, log_outline& out) {
  auto& directory = out.directories[log];
  auto description = read_log_description(directory);
  if (!description) return tl::unexpected(description.error());
  out.data_epochs.push_back(description->data_epoch);
  if (log == 0) {
    out.description = *description;
    for (auto& name : description->symbols)
      content.add(name);
    for (auto& name : description->sources)
      content.add(name);
  } else if (description->symbols != out.description.symbols ||
             description->sources != out.description.sources) {
    return fail(fmt::format("source.ticklog.paths: {} and {} are logs of different clusters: their "
                            "lists of symbols or sources differ",
                            out.directories[0].string(), directory.string()));
  }
  auto reader = tick_log_reader::open(directory);
  if (!reader) return tl::unexpected(reader.error());
  auto days = reader->days();
  if (!days) return tl::unexpected(days.error());
  for (auto& day : *days) {
    out.days.insert(day.trading_day);
    if (!wanted.empty() && std::ranges::find(wanted, day.trading_day) == wanted.end()) continue;
    if (auto done = outline_day(*reader, log, day.trading_day, content, out); !done) return done;
  }
  return {};
}

} // namespace

result<std::shared_ptr<const feed_source>> load_log_source(const source_settings& settings) {
  auto& wanted = settings.ticklog;
  if (wanted.paths.empty())
    return fail("source.ticklog.paths: is empty; at least one directory is needed");
  log_outline outline;
  for (auto& path : wanted.paths) {
    auto found = find_slot_logs(path);
    if (!found) return fail(fmt::format("source.ticklog.paths: {}", found.error().message));
    outline.directories.insert(outline.directories.end(), found->begin(), found->end());
  }
  // The order of the paths is not to matter.
  std::sort(outline.directories.begin(), outline.directories.end());
  fingerprint_builder content;
  content.add(settings.time_mark_interval.count());
  for (std::size_t log = 0; log < outline.directories.size(); ++log)
    if (auto done = outline_log(wanted.days, log, content, outline); !done)
      return tl::unexpected(done.error());
  for (auto day : wanted.days)
    if (!outline.days.contains(day))
      return fail(fmt::format("source.ticklog.days: {} is in none of the logs; they have {}", day,
                              fmt::join(outline.days, ", ")));
  if (outline.streams.empty())
    return fail(
        fmt::format("source.ticklog.paths: there is no tick in {}", fmt::join(wanted.paths, ", ")));
  outline.content_hash = content.value();
  return std::make_shared<const log_source>(std::move(outline), settings);
}

} // namespace tickmesh
