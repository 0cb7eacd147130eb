#include "actors/market/slot/stream_plan.hpp"

#include "actors/market/tick_log/newest_ticks.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "runtime/cluster/rendezvous.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

namespace {

std::vector<weighted_slot> equal_weights(const std::vector<slot_name>& slots) {
  std::vector<weighted_slot> out;
  for (auto& slot : slots)
    out.push_back({slot, 1});
  return out;
}

slot_name require_owner(std::string_view symbol, const std::vector<weighted_slot>& slots) {
  auto owner = owner_of(symbol, slots);
  assert(owner);
  return *owner;
}

} // namespace

symbol_owners find_owners(const cluster_view& view, slot_name slot) {
  auto data_slots = equal_weights(view.slots_of(role::data));
  auto calc_slots = equal_weights(view.slots_of(role::calc));
  symbol_owners out;
  for (auto& symbol : view.symbols) {
    out.own.push_back(require_owner(symbol, data_slots) == slot);
    out.calc_slots.push_back(require_owner(symbol, calc_slots));
  }
  return out;
}

result<std::vector<stream_start>> plan_streams(const std::vector<std::string>& symbols,
                                               const std::vector<bool>& own,
                                               const stream_plan_settings& settings) {
  bool is_live = !settings.source.is_repeatable();
  std::optional<tick_log_reader> reader;
  if (is_live && settings.log) {
    auto opened = tick_log_reader::open(*settings.log, *settings.files);
    if (!opened) return tl::unexpected(opened.error());
    reader.emplace(std::move(*opened));
  }
  std::vector<stream_start> out;
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    if (!own[i]) continue;
    auto* traded = settings.instruments.find(symbols[i]);
    auto& stream = out.emplace_back();
    stream.encoder = {.symbol = symbol_id{i},
                      .known = traded != nullptr,
                      .cleaning = limits_of(traded, settings.cleaning),
                      .mark_interval = settings.mark_interval,
                      .is_clean = settings.source.is_clean(),
                      .data_epoch =
                          is_live ? settings.data_epoch : settings.source.data_epoch(symbol_id{i})};
    if (!reader) continue;
    // The newest ones, as many as the log keeps of days that it has dropped.
    if (auto read = reader->last_ticks(symbol_id{i}, newest_ticks_max, stream.logged); !read)
      return tl::unexpected(read.error());
    std::ranges::reverse(stream.logged);
  }
  return out;
}

} // namespace tickmesh
