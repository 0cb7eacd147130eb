// Orders that brokers have and the log does not know. Own ones, lost with the log's end, are
// adopted: they are orders of no strategy (docs/decisions/0036). Others' count as open once an
// operator has accepted them.
#include "actors/execution/trading/trading_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// What sums hold with room for the same again and again.
constexpr quantity volume_most{std::int64_t{1} << 50U};

/// The names by which a broker lists an order.
execution_report names_of(const broker_snapshot::open_order& listed, broker_id broker) {
  return {.order = listed.order,
          .broker = broker,
          .reference = listed.reference,
          .words = broker_words{.order = listed.broker_order}};
}

order_request listed_request(const broker_snapshot::open_order& listed, broker_id broker) {
  return {.id = listed.order,
          .symbol = listed.symbol,
          .strategy = no_strategy,
          .direction = listed.direction,
          .limit = listed.form.limit,
          .volume = listed.form.volume,
          .broker = broker,
          .type = listed.form.limit == no_price ? order_type::market : order_type::limit,
          .reference = listed.reference};
}

bool says_open(const execution_report& r) {
  return r.kind == report_kind::accepted || r.kind == report_kind::replaced ||
         (r.kind == report_kind::status && !is_terminal(r.status));
}

} // namespace

/// Its broker names it as we name ours, and no such order was ever sent.
bool trading_state::is_lost(const execution_report& names) {
  bool is_numbered_elsewhere = names.id.counter != 0 && names.id.order != names.order;
  if (!names.names_order() || is_numbered_elsewhere) return false;
  orders_.learn_id(names);
  return orders_.order_of(names) == nullptr && !orders_.knows(names.order);
}

/// False where the broker does not say enough of it, or nothing that can count.
bool trading_state::adopt_lost(adopted_order lost, log_position at,
                               std::vector<venue_command>& out) {
  auto& order = lost.request;
  if (order.symbol.value >= universe_.symbols.size() ||
      !universe_.instruments[order.symbol.value] || order.direction == side::none ||
      order.volume <= quantity{} || order.volume > volume_most ||
      !is_countable(order.symbol, order.volume.value, order.limit))
    return false;
  lost.is_id_made = order.id == order_id{};
  if (lost.is_id_made && orders_.may_be_unheard_of(order)) return false; // once that is clear
  if (lost.is_id_made)
    order.id = make_order_id(fmt::format(
        "adopted/{}/{}", settings_.all_brokers()[order.broker.value].name, order.reference));
  if (orders_.knows(order.id)) return false;
  order.lifetime = settings_.order_time_in_force;
  orders_.adopt(lost, at, out);
  opened_.add(positions_.trading_day());
  risk_.update_open(order, orders_.still_open());
  if (recorded_ != nullptr) return true; // the log has the verdict
  auto form = *orders_.request_of(order.id);
  verdicts_.push_back({form.id, {verdict::adopted}, form});
  ++by_verdict_[static_cast<std::size_t>(verdict::adopted)];
  return true;
}

void trading_state::adopt_listed(const broker_snapshot& snapshot, log_position at,
                                 std::vector<venue_command>& out) {
  bool has_adopted = false;
  for (auto& listed : snapshot.orders)
    if (is_lost(names_of(listed, snapshot.broker)))
      has_adopted |=
          adopt_lost({listed_request(listed, snapshot.broker), listed.broker_order}, at, out);
  // What they have filled was lost, too.
  if (has_adopted) out.emplace_back(executions_request{snapshot.broker, timestamp::min()});
}

/// Of a fill that does not say how much the order was for, at least this much; more is learnt when
/// the broker is asked.
bool trading_state::adopt_reported(const execution_report& r, log_position at,
                                   std::vector<venue_command>& out) {
  if (!is_lost(r)) return false;
  bool fills = r.kind == report_kind::fill;
  if (!fills && !says_open(r)) {
    orders_.note_spent(r.order);
    return false;
  }
  order_request lost{.id = r.order,
                     .symbol = r.words->symbol,
                     .strategy = no_strategy,
                     .direction = r.words->direction,
                     .limit = r.form.volume > quantity{} ? r.form.limit : r.last_price,
                     .volume = r.form.volume,
                     .broker = r.broker,
                     .reference = r.reference};
  if (fills) lost.volume = std::max({lost.volume, r.cumulative, r.last_quantity});
  if (lost.limit == no_price) lost.type = order_type::market;
  if (!adopt_lost({lost, r.words->order}, at, out)) {
    orders_.note_spent(r.order); // it is there, or was
    return false;
  }
  out.emplace_back(executions_request{r.broker, timestamp::min()});
  return true;
}

/// Orders that the broker names in its own way get the ids that we know them by, and others' orders
/// one each.
broker_snapshot trading_state::with_our_ids(broker_snapshot snapshot) const {
  auto broker = settings_.all_brokers()[snapshot.broker.value].name;
  for (auto& listed : snapshot.orders) {
    if (auto* known = orders_.order_of(names_of(listed, snapshot.broker)))
      listed.order = known->request.id;
    else if (listed.order == order_id{} && !listed.broker_order.empty())
      listed.order = make_order_id(fmt::format("foreign/{}/{}", broker, listed.broker_order));
  }
  return snapshot;
}

void trading_state::count_outside(const broker_snapshot& theirs) {
  std::vector<order_request> open;
  for (auto& listed : theirs.orders) {
    if (!at_brokers_.comparison().is_foreign(theirs.broker, listed.order)) continue;
    auto order = listed_request(listed, theirs.broker);
    if (listed.cumulative < quantity{} || listed.cumulative >= order.volume) continue;
    order.volume -= listed.cumulative;
    bool counts = order.symbol.value < universe_.symbols.size() &&
                  universe_.instruments[order.symbol.value] && order.direction != side::none &&
                  order.volume <= volume_most &&
                  is_countable(order.symbol, order.volume.value, order.limit);
    if (counts) open.push_back(order);
  }
  for (auto& changed : orders_.count_outside(theirs.broker, std::move(open)))
    risk_.update_open(changed, orders_.still_open());
}

} // namespace tickmesh
