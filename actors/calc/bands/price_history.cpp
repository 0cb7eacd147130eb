#include "actors/calc/bands/price_history.hpp"

#include "messages/vector_clones.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace tickmesh {

namespace {

/// The root of 2^53: count x distance below it makes every sum and product exact in a double.
constexpr std::int64_t exact_root = 94'906'265;

/// Adding it to a double rounds to an integer, for magnitudes below 2^51.
constexpr double rounder = 0x1.8p52;
constexpr std::int64_t divided_below = 1LL << 50;

std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

struct sums_view {
  const double* sums;
  const double* square_sums;
  std::size_t period;
};

struct spread {
  double distance; ///< D
  double square;   ///< D x D
  double variance; ///< V
};

[[gnu::always_inline]] inline spread spread_at(const sums_view& view, std::size_t end) {
  auto period = static_cast<double>(view.period);
  auto sum = view.sums[end] - view.sums[end - view.period];
  auto square_sum = view.square_sums[end] - view.square_sums[end - view.period];
  auto last = view.sums[end] - view.sums[end - 1];
  auto distance = period * last - sum;
  return {distance, distance * distance, period * square_sum - sum * sum};
}

/// What the states of a batch have among them.
struct batch_states {
  bool doubtful = false;
  bool outside = false;
};

/// Writes the state at each end in [first, first + count).
TICKMESH_VECTOR_CLONES
batch_states decide_in_doubles(sums_view view, std::size_t first, std::size_t count, double beyond,
                               double within, std::int64_t* __restrict out) {
  std::int64_t doubts = 0, states = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto at = spread_at(view, first + i);
    std::int64_t side = at.distance < 0 ? 1 : -1;
    std::int64_t outside = at.square > beyond * at.variance ? side : 0;
    std::int64_t perhaps = at.square > within * at.variance ? side : 0;
    doubts |= outside ^ perhaps;
    states |= outside;
    out[i] = outside;
  }
  return {doubts != 0, states != 0};
}

} // namespace

void price_window::add_up() {
  auto count = distances_.size();
  if (wide_) {
    wide_sums_.resize(count + 1);
    wide_square_sums_.resize(count + 1);
    for (std::size_t i = 0; i < count; ++i) {
      int128 distance = distances_[i];
      wide_sums_[i + 1] = wide_sums_[i] + distance;
      wide_square_sums_[i + 1] = wide_square_sums_[i] + distance * distance;
    }
    return;
  }
  if (sums_.size() <= count) {
    sums_.resize(count + 1);
    square_sums_.resize(count + 1);
  }
  std::int64_t sum = 0, square_sum = 0;
  auto* sums = sums_.data();
  auto* square_sums = square_sums_.data();
  for (std::size_t i = 0; i < count; ++i) {
    sum += distances_[i];
    square_sum += distances_[i] * distances_[i];
    sums[i + 1] = static_cast<double>(sum);
    square_sums[i + 1] = static_cast<double>(square_sum);
  }
}

window_sums price_window::distance_sums(std::size_t end, std::uint32_t period) const {
  if (wide_)
    return {distances_[end - 1], wide_sums_[end] - wide_sums_[end - period],
            wide_square_sums_[end] - wide_square_sums_[end - period]};
  return {distances_[end - 1], static_cast<std::int64_t>(sums_[end] - sums_[end - period]),
          static_cast<std::int64_t>(square_sums_[end] - square_sums_[end - period])};
}

bool price_window::decide(const bollinger& bands, std::span<std::int64_t> out) const {
  auto first = std::min(missing(bands.period()), out.size());
  std::fill(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(first), 0);
  auto end = older_ + first + 1; // of the first full window
  auto rest = out.subspan(first);
  if (wide_) {
    for (std::size_t i = 0; i < rest.size(); ++i)
      rest[i] = bands.signal(distance_sums(end + i, bands.period()));
    return true;
  }
  sums_view view{sums_.data(), square_sums_.data(), bands.period()};
  auto found =
      decide_in_doubles(view, end, rest.size(), bands.beyond(), bands.within(), rest.data());
  if (!found.doubtful) return found.outside;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    auto at = spread_at(view, end + i);
    if (rest[i] == 0 && at.square > bands.within() * at.variance)
      rest[i] = bands.signal(distance_sums(end + i, bands.period()));
  }
  return true;
}

namespace {

/// Sums of distances as sums of prices: with p = b + u d, the sum of p is n b + u D1, and that of
/// p^2 is n b^2 + 2 b u D1 + u^2 D2.
window_sums sums_of_prices(const window_sums& of, std::int64_t base, std::int64_t unit,
                           std::uint32_t period) {
  int128 b = base, u = unit, n = period;
  return {b + u * of.last, n * b + u * of.sum,
          n * b * b + 2 * b * u * of.sum + u * u * of.square_sum};
}

} // namespace

window_sums price_window::sums(std::size_t row, std::uint32_t period) const {
  return sums_of_prices(distance_sums(older_ + row + 1, period), base_, unit_, period);
}

window_sums price_history::sums(std::uint32_t period) const {
  window_sums out;
  out.last = distances_.back();
  for (auto i = distances_.size() - period; i < distances_.size(); ++i) {
    int128 distance = distances_[i];
    out.sum += distance;
    out.square_sum += distance * distance;
  }
  return sums_of_prices(out, base_, unit_, period);
}

/// False when a price is no multiple of the unit from the base.
bool price_history::append(std::span<const std::int64_t> prices, price_window& window) {
  auto unit = static_cast<double>(unit_);
  auto inverse = 1 / unit;
  auto* out = window.distances_.data() + window.older_;
  bool fits = true;
  auto farthest = farthest_;
  for (std::size_t i = 0; i < prices.size(); ++i) {
    auto distance = difference(prices[i], base_);
    fits = fits && distance > -divided_below && distance < divided_below;
    auto exact = static_cast<double>(distance);
    auto quotient = (exact * inverse + rounder) - rounder;
    fits = fits && quotient * unit == exact;
    if (!fits) return false;
    out[i] = static_cast<std::int64_t>(quotient);
    farthest = std::max(farthest, std::abs(out[i]));
  }
  farthest_ = farthest;
  return true;
}

/// Finds a new base and the largest unit for all prices of the window.
void price_history::rescale(std::span<const std::int64_t> prices, price_window& window) {
  auto& values = window.distances_;
  for (std::size_t i = 0; i < window.older_; ++i)
    values[i] = base_ + unit_ * distances_[i];
  std::copy(prices.begin(), prices.end(),
            values.begin() + static_cast<std::ptrdiff_t>(window.older_));
  base_ = values.back();
  unit_ = 0;
  for (auto& v : values) {
    v = difference(v, base_);
    if (unit_ == 0 || v % unit_ != 0) unit_ = std::gcd(unit_, v);
  }
  unit_ = std::max<std::int64_t>(unit_, 1);
  farthest_ = 0;
  for (auto& v : values) {
    v /= unit_;
    farthest_ = std::max(farthest_, std::abs(v));
  }
  std::copy_n(values.begin(), window.older_, distances_.begin());
}

void price_history::extend(std::span<const std::int64_t> prices, price_window& window) {
  auto count = distances_.size() + prices.size();
  window.older_ = distances_.size();
  window.distances_.resize(count);
  std::copy(distances_.begin(), distances_.end(), window.distances_.begin());
  auto limit = exact_root / static_cast<std::int64_t>(count);
  if (!append(prices, window) || farthest_ > limit) rescale(prices, window);
  window.base_ = base_;
  window.unit_ = unit_;
  window.wide_ = farthest_ > limit;
  window.add_up();
  distances_.assign(window.distances_.end() -
                        static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, length_)),
                    window.distances_.end());
}

} // namespace tickmesh
