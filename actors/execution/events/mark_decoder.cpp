#include "actors/execution/events/mark_decoder.hpp"

#include <array>

namespace tickmesh {

namespace {

constexpr std::array wanted{tick_column::event_time, tick_column::effective_lag,
                            tick_column::kind,       tick_column::trading_day,
                            tick_column::last,       tick_column::bid,
                            tick_column::bid_volume, tick_column::ask,
                            tick_column::ask_volume, tick_column::number_lag};

timestamp later_by(std::int64_t ns, std::int64_t lag) {
  return from_ns(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(ns) + static_cast<std::uint64_t>(lag)));
}

} // namespace

result<std::span<const market_mark>> mark_decoder::decode(const tick_run_view& run) {
  std::size_t count = run.count;
  marks_.resize(count);
  columns_.resize(wanted.size() * count);
  if (auto read = run.decode(wanted, columns_); !read) return tl::unexpected(read.error());
  auto* time = columns_.data();
  auto* lag = time + count;
  auto* kind = lag + count;
  auto* trading_day = kind + count;
  auto* last = trading_day + count;
  auto* bid = last + count;
  auto* bid_volume = bid + count;
  auto* ask = bid_volume + count;
  auto* ask_volume = ask + count;
  auto* number_lag = ask_volume + count;
  for (std::size_t i = 0; i < count; ++i)
    marks_[i] = {.symbol = run.symbol,
                 .trading_day = static_cast<std::int32_t>(trading_day[i]),
                 .data_epoch = run.data_epoch,
                 .number =
                     run.first_number + sequence{i + static_cast<std::uint64_t>(number_lag[i])},
                 .effective_time = later_by(time[i], lag[i]),
                 .last = price{last[i]},
                 .bid = price{bid[i]},
                 .bid_volume = quantity{bid_volume[i]},
                 .ask = price{ask[i]},
                 .ask_volume = quantity{ask_volume[i]},
                 .has_book = static_cast<record_kind>(kind[i]) != record_kind::trade};
  return std::span<const market_mark>{marks_};
}

} // namespace tickmesh
