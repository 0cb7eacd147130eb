#include "actors/market/sources/load/load_source.hpp"

#include "actors/market/feed/fingerprint.hpp"

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

/// CPU time of calls that are too short to be measured each: one in some is, and stands for the
/// others by its ticks.
class cpu_sampler {
public:
  cpu_sampler() {
    for (int i = 0; i < 8; ++i) {
      auto begin = thread_cpu_ns();
      clock_ns_ = std::min(clock_ns_, thread_cpu_ns() - begin);
    }
  }

  /// Calls `make`, which returns how many ticks it has made.
  template <class Make>
  std::size_t measure(Make make) {
    if (calls_++ % calls_per_sample != 0) {
      auto ticks = make();
      ticks_ += ticks;
      return ticks;
    }
    auto begin = thread_cpu_ns();
    auto ticks = make();
    sampled_ns_ += std::max<std::int64_t>(thread_cpu_ns() - begin - clock_ns_, 0);
    sampled_ticks_ += ticks;
    ticks_ += ticks;
    return ticks;
  }

  std::int64_t cpu_ns() const {
    if (sampled_ticks_ == 0) return 0;
    return static_cast<std::int64_t>(static_cast<double>(sampled_ns_) *
                                     static_cast<double>(ticks_) /
                                     static_cast<double>(sampled_ticks_));
  }

private:
  static constexpr std::uint64_t calls_per_sample = 32;

  std::int64_t clock_ns_ = INT64_MAX; ///< of reading the clock
  std::uint64_t calls_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint64_t sampled_ticks_ = 0;
  std::int64_t sampled_ns_ = 0;
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
  }

  feed_event next(tick& out) override {
    while (run_left_ == 0) {
      if (next_symbol_ < own_.size()) {
        begin_run(own_[next_symbol_++]);
        continue;
      }
      if (static_cast<std::uint64_t>(turn_ticks()) * static_cast<std::uint64_t>(turn_ + 1) >=
          settings_.ticks)
        return end_feed();
      next_symbol_ = 0;
      ++turn_;
      mark_ = load_start + interval_ * turn_ticks() * turn_;
      return feed_event::time_mark;
    }
    firsts_.measure([&] {
      make_ticks(&out, 1);
      return std::size_t{1};
    });
    return feed_event::record;
  }

  std::size_t next_of_run(std::vector<tick>& out, std::size_t max) override {
    auto count = std::min<std::size_t>(max, run_left_);
    if (count == 0) return 0;
    return rests_.measure([&] {
      auto begin = out.size();
      out.resize(begin + count);
      make_ticks(out.data() + begin, count);
      return count;
    });
  }

  timestamp time_mark() const override { return mark_; }
  std::int64_t generator_cpu_ns() const override { return firsts_.cpu_ns() + rests_.cpu_ns(); }

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

  feed_event end_feed() {
    if (ended_) return feed_event::end;
    ended_ = true;
    mark_ = load_start + interval_ * turn_ticks() * (turn_ + 1);
    return feed_event::time_mark;
  }

  void begin_run(std::uint32_t symbol) {
    auto first = static_cast<std::uint64_t>(turn_) * static_cast<std::uint64_t>(turn_ticks()) +
                 std::uint64_t{symbol} * settings_.run_length;
    if (first >= settings_.ticks) return;
    run_left_ = std::min<std::uint64_t>(settings_.run_length, settings_.ticks - first);
    run_symbol_ = symbol;
    run_position_ = first;
    run_time_ = load_start + interval_ * (turn_ticks() * turn_ + symbol);
  }

  /// The next ticks of the run at hand.
  void make_ticks(tick* out, std::size_t count) {
    auto state = walks_[run_symbol_];
    auto position = run_position_;
    auto time = run_time_;
    auto step_time = interval_ * std::int64_t{settings_.symbols};
    auto base = 5'000 + static_cast<std::int64_t>(run_symbol_ % 1'000);
    for (auto* end = out + count; out != end; ++out) {
      state.random = state.random * 6364136223846793005u + 1442695040888963407u;
      auto drawn = state.random >> 40;
      // Steps of -1, 0, 0 and 1 units, back towards the start at the bounds.
      auto step = static_cast<std::int64_t>(drawn & 3);
      state.offset += step == 3 ? 1 : step == 0 ? -1 : 0;
      state.offset = std::clamp(state.offset, -walk_max, walk_max);
      auto lots = static_cast<std::int64_t>((drawn >> 2) & 15);
      auto units = base + state.offset;
      state.volume += lots;
      auto& t = *out;
      t = tick{};
      t.symbol = symbol_id{run_symbol_};
      t.trading_day = load_trading_day;
      t.source_mark = mark_;
      t.position = source_position{++position};
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
      time += step_time;
    }
    walks_[run_symbol_] = state;
    run_position_ = position;
    run_time_ = time;
    run_left_ -= count;
  }

  std::shared_ptr<const load_source> source_;
  const load_generator_settings& settings_;
  std::vector<walk> walks_;
  std::vector<std::uint32_t> own_; ///< symbols that are wanted
  nanoseconds interval_;           ///< between two ticks
  std::int64_t turn_ = 0;          ///< of all symbols
  std::size_t next_symbol_ = 0;    ///< in own_
  timestamp mark_ = load_start;
  bool ended_ = false;

  // The run at hand.
  std::uint64_t run_left_ = 0;
  std::uint32_t run_symbol_ = 0;
  std::uint64_t run_position_ = 0; ///< of the last tick made
  timestamp run_time_{};           ///< of the next one

  cpu_sampler firsts_; ///< of the first tick of each run
  cpu_sampler rests_;
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
