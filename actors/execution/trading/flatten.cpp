#include "actors/execution/trading/flatten.hpp"

#include "actors/execution/risk/limits/risk_rules.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

void flatten_symbol(std::span<const position_row> rows, std::vector<order_request>& out) {
  quantity net;
  for (auto& row : rows)
    net += row.held;
  bool sells = net > quantity{};
  auto left = sells ? net : -net;
  for (auto& row : rows) {
    auto held = sells ? row.held : -row.held;
    auto volume = std::min(left, held);
    if (volume <= quantity{}) continue;
    left -= volume;
    out.push_back({.symbol = row.symbol,
                   .strategy = row.strategy,
                   .direction = sells ? side::sell : side::buy,
                   .volume = volume});
  }
}

} // namespace

std::vector<order_request> orders_to_flatten(std::span<const position_row> rows) {
  std::vector<order_request> out;
  while (!rows.empty()) {
    auto symbol = rows.front().symbol;
    auto end = std::find_if(rows.begin(), rows.end(),
                            [symbol](auto& row) { return row.symbol != symbol; });
    auto count = static_cast<std::size_t>(end - rows.begin());
    flatten_symbol(rows.first(count), out);
    rows = rows.subspan(count);
  }
  return out;
}

quantity largest_order(quantity wanted, price at, const applied_limits& limits,
                       std::int64_t multiplier, quantity step) {
  auto steps = wanted.value / step.value;
  auto step_value = order_value(at, step, multiplier);
  for (auto& group : limits)
    for (auto& applied : group) {
      auto& limit = *applied.limits;
      if (limit.order_size_max) steps = std::min(steps, limit.order_size_max->value / step.value);
      if (limit.order_value_max && step_value && step_value->value != 0) {
        auto by_value = limit.order_value_max->value / detail::magnitude(step_value->value);
        if (by_value < steps) steps = static_cast<std::int64_t>(by_value);
      }
    }
  return quantity{std::max<std::int64_t>(steps, 1) * step.value};
}

} // namespace tickmesh
