#include "apps/configuration_hash.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

namespace tickmesh {

std::uint64_t configuration_hash(const settings& config) {
  std::string text;
  auto add = [&](auto... values) { ((text += fmt::format("{}|", values)), ...); };
  auto& cleaning = config.cleaning;
  add(cleaning.price_max.value, cleaning.spread_max, cleaning.jump_band,
      cleaning.jump_confirm_count);
  for (auto& s : config.strategies) {
    add(s.name, static_cast<int>(s.mode), s.period, s.width, static_cast<int>(s.emit),
        s.volume.value, s.window.count(), s.step.count());
    for (auto& pattern : s.symbols)
      add(pattern);
  }
  auto& execution = config.execution;
  add(execution.account, execution.currency, execution.limits.position_max.value,
      format_decimal(execution.limits.order_value_max.value),
      format_decimal(execution.limits.daily_loss_max.value), execution.limits.orders_max,
      static_cast<int>(execution.broker), static_cast<int>(execution.sequencer),
      execution.mark_interval.count(), execution.order_lifetime.count(),
      execution.report_timeout.count(), execution.sim.seed, execution.sim.delay.count(),
      execution.sim.reject_share, execution.sim.lost_ack_share);
  for (auto& i : config.instruments.entries()) {
    add(i.pattern, i.exchange, i.currency, i.multiplier, i.price_tick.value, i.quantity_step.value,
        i.time_zone, static_cast<int>(i.price_from), static_cast<int>(i.positions), i.close_today);
    for (auto& fee : {i.fees.open, i.fees.close, i.fees.close_today})
      add(fee.ratio, fee.amount);
  }
  return XXH3_64bits(text.data(), text.size());
}

} // namespace tickmesh
