#include "actors/market/load_feed.hpp"

#include "actors/market/fingerprint.hpp"

#include <fmt/format.h>

#include <ctime>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

namespace tickmesh {

namespace {

constexpr timestamp load_start{std::chrono::sys_days{std::chrono::year{2024} / 1 / 2} +
                               std::chrono::hours{1}};
constexpr std::int32_t load_trading_day = 20240102;
constexpr std::uint32_t symbols_max = 99'999;
/// Ticks that are made at one time, and handed out one by one.
constexpr std::size_t chunk_ticks = 4'096;
/// The walk stays within this many units of its start.
constexpr std::int64_t walk_max = 200;

std::int64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class load_source final : public feed_source, public std::enable_shared_from_this<load_source> {
public:
  explicit load_source(const load_generator_settings& settings) : settings_(settings) {
    for (std::uint32_t i = 1; i <= settings.symbols; ++i)
      symbols_.add(fmt::format("LOAD{:05}", i));
  }

  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return source_names_; }
  std::uint64_t fingerprint() const override {
    fingerprint_builder content;
    content.add("load 1"); // to be raised when the same settings give other ticks
    for (auto value :
         {settings_.seed, std::uint64_t{settings_.symbols}, settings_.ticks,
          std::uint64_t{settings_.ticks_per_second}, std::uint64_t{settings_.run_length}})
      content.add(static_cast<std::int64_t>(value));
    return content.value();
  }
  using feed_source::open;
  std::unique_ptr<feed> open(const resume_points& from) const override;

  const load_generator_settings& settings() const { return settings_; }

private:
  load_generator_settings settings_;
  symbol_table symbols_;
  std::vector<std::string> source_names_{"load"};
};

class load_feed final : public feed {
public:
  explicit load_feed(std::shared_ptr<const load_source> source)
      : source_(std::move(source)), settings_(source_->settings()), walks_(settings_.symbols),
        interval_(nanoseconds{1'000'000'000 / settings_.ticks_per_second}) {
    for (std::uint32_t i = 0; i < settings_.symbols; ++i) {
      walks_[i].random = (settings_.seed + 1) * 0x9e3779b97f4a7c15u + i;
      own_.push_back(i);
    }
    chunk_.reserve(chunk_ticks + settings_.run_length);
  }

  feed_event next(tick& out) override {
    while (next_ == chunk_.size()) {
      if (turn_ended_) {
        turn_ended_ = false;
        mark_ = load_start + interval_ * turn_ticks() * turn_;
        return feed_event::time_mark;
      }
      if (!make_chunk()) return feed_event::end;
    }
    out = chunk_[next_++];
    return feed_event::record;
  }

  std::size_t next_of_run(std::vector<tick>& out, std::size_t max) override {
    auto begin = chunk_.begin() + static_cast<std::ptrdiff_t>(next_);
    auto end = begin + static_cast<std::ptrdiff_t>(std::min(max, chunk_.size() - next_));
    auto symbol = out.back().symbol;
    end = std::find_if(begin, end, [symbol](const tick& t) { return t.symbol != symbol; });
    out.insert(out.end(), begin, end);
    next_ += static_cast<std::size_t>(end - begin);
    return static_cast<std::size_t>(end - begin);
  }

  timestamp time_mark() const override { return mark_; }
  std::int64_t generator_cpu_ns() const override { return cpu_ns_; }

  void select(const std::vector<bool>& own) override {
    std::erase_if(own_, [&](std::uint32_t symbol) { return !own[symbol]; });
  }

private:
  struct walk {
    std::uint64_t random = 0;
    std::int64_t offset = 0;
    std::int64_t volume = 0;
  };

  std::int64_t turn_ticks() const { return std::int64_t{settings_.symbols} * settings_.run_length; }

  /// The next runs of this turn of all symbols; false when there are no more ticks.
  bool make_chunk() {
    auto begin = thread_cpu_ns();
    chunk_.clear();
    next_ = 0;
    auto turns = (settings_.ticks + static_cast<std::uint64_t>(turn_ticks()) - 1) /
                 static_cast<std::uint64_t>(turn_ticks());
    while (chunk_.empty() && static_cast<std::uint64_t>(turn_) < turns && !turn_ended_) {
      while (chunk_.size() < chunk_ticks && next_symbol_ < own_.size())
        make_run(own_[next_symbol_++]);
      if (next_symbol_ < own_.size()) break;
      next_symbol_ = 0;
      ++turn_;
      turn_ended_ = true;
    }
    cpu_ns_ += thread_cpu_ns() - begin;
    return !chunk_.empty() || turn_ended_;
  }

  void make_run(std::uint32_t symbol) {
    auto& state = walks_[symbol];
    auto first = static_cast<std::uint64_t>(turn_) * static_cast<std::uint64_t>(turn_ticks()) +
                 std::uint64_t{symbol} * settings_.run_length;
    if (first >= settings_.ticks) return;
    auto count = std::min<std::uint64_t>(settings_.run_length, settings_.ticks - first);
    auto time = load_start + interval_ * (turn_ticks() * turn_ + symbol);
    tick t;
    t.symbol = symbol_id{symbol};
    t.trading_day = load_trading_day;
    t.source_mark = mark_;
    for (std::uint64_t i = 0; i < count; ++i) {
      state.random = state.random * 6364136223846793005u + 1442695040888963407u;
      auto drawn = state.random >> 40;
      // Steps of -1, 0, 0 and 1 units, back towards the start at the bounds.
      auto step = static_cast<std::int64_t>(drawn & 3);
      state.offset += step == 3 ? 1 : step == 0 ? -1 : 0;
      state.offset = std::clamp(state.offset, -walk_max, walk_max);
      auto lots = static_cast<std::int64_t>((drawn >> 2) & 15);
      auto units = 5'000 + static_cast<std::int64_t>(symbol % 1'000) + state.offset;
      state.volume += lots;
      t.position = source_position{first + i + 1};
      t.event_time = time;
      t.last = price{units * decimal_scale};
      t.bid = price{(units - static_cast<std::int64_t>((drawn >> 6) & 1)) * decimal_scale};
      t.ask = t.bid + price{decimal_scale};
      t.volume = quantity{lots * decimal_scale};
      t.cumulative_volume = quantity{state.volume * decimal_scale};
      t.turnover = money{int128{lots * units * 10} * decimal_scale};
      t.open_interest = quantity{(100'000 + state.offset) * decimal_scale};
      t.bid_volume = quantity{static_cast<std::int64_t>(1 + ((drawn >> 7) & 63)) * decimal_scale};
      t.ask_volume = quantity{static_cast<std::int64_t>(1 + ((drawn >> 13) & 63)) * decimal_scale};
      time += interval_ * std::int64_t{settings_.symbols};
      chunk_.push_back(t);
    }
  }

  std::shared_ptr<const load_source> source_;
  const load_generator_settings& settings_;
  std::vector<walk> walks_;
  std::vector<std::uint32_t> own_; ///< symbols that are wanted
  nanoseconds interval_;           ///< between two ticks
  std::vector<tick> chunk_;
  std::size_t next_ = 0;        ///< in chunk_
  std::size_t next_symbol_ = 0; ///< in own_
  std::int64_t turn_ = 0;       ///< of all symbols
  bool turn_ended_ = false;
  timestamp mark_ = load_start;
  std::int64_t cpu_ns_ = 0;
};

std::unique_ptr<feed> load_source::open(const resume_points&) const {
  return std::make_unique<load_feed>(shared_from_this());
}

} // namespace

result<std::shared_ptr<const feed_source>>
make_load_source(const load_generator_settings& settings) {
  for (auto& [key, value, allowed] :
       {std::tuple{"symbols", std::uint64_t{settings.symbols}, std::uint64_t{symbols_max}},
        std::tuple{"ticks", settings.ticks, std::uint64_t{1} << 48},
        std::tuple{"ticks_per_second", std::uint64_t{settings.ticks_per_second},
                   std::uint64_t{100'000'000}},
        std::tuple{"run_length", std::uint64_t{settings.run_length}, std::uint64_t{4'096}}})
    if (value < 1 || value > allowed)
      return fail(fmt::format("source.load.{} = {}: allowed are 1 to {}", key, value, allowed));
  return std::make_shared<const load_source>(settings);
}

} // namespace tickmesh
