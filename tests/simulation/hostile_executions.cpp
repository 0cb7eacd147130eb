// What a hostile broker executes, charges, takes back and tells again.
#include "tests/simulation/hostile_broker.hpp"

#include <chrono>
#include <utility>

namespace tickmesh {

namespace {

constexpr nanoseconds fill_delay_max{std::chrono::milliseconds{30}};

} // namespace

void hostile_broker::plan_fill(const true_order& order, timestamp now) {
  if (order.is_open && draw(0.8))
    schedule(now + draw_time(fill_delay_max), fill_wish{order.request.id});
}

void hostile_broker::fill(order_id id, timestamp now) {
  auto& order = orders_.at(id);
  if (!order.is_open) return;
  auto lots = order.rest().value / decimal_scale;
  auto filled =
      quantity{(1 + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(lots))) *
               decimal_scale};
  order.filled += filled;
  ++order.fills;
  order.is_open = order.rest().value > 0;
  auto done = make_report(order, report_kind::fill, now);
  done.last_price = order.request.limit;
  done.last_quantity = filled;
  fill_reports_[id].push_back(done);
  report(done, now);
  plan_fill(order, now);
  if (how_.names_in_words) charge(id, done, now);
}

/// What becomes of an execution afterwards. Its commission may overtake it.
void hostile_broker::charge(order_id id, const execution_report& done, timestamp now) {
  auto& name = done.words->execution;
  auto& execution = executions_[name];
  execution = {id, done.last_price, done.last_quantity, {}};
  if (draw(how_.takes_back)) schedule(now + draw_time(fill_delay_max), second_thought{name});
  if (!draw(how_.charges)) return;
  execution.commission = money{static_cast<std::int64_t>(1 + random_() % 1000)};
  auto told = make_report(orders_.at(id), report_kind::commission, now);
  told.words = broker_words{.order = done.words->order,
                            .execution = "C" + name,
                            .original = name,
                            .commission = execution.commission};
  fill_reports_[id].push_back(told);
  report(std::move(told), now, true);
}

/// In full, or one lot of it.
void hostile_broker::take_back(const std::string& name, timestamp now) {
  auto taken = executions_.extract(name).mapped();
  auto& order = orders_.at(taken.order);
  constexpr quantity lot{decimal_scale};
  bool is_correction = taken.volume > lot && draw(0.5);
  auto volume = is_correction ? lot : taken.volume;
  order.filled -= volume;
  order.taken_back += volume;
  ++taken_back_;
  auto told = make_report(order, is_correction ? report_kind::correction : report_kind::bust, now);
  auto words = *told.words;
  words.execution = "R" + name;
  words.original = name;
  told.words = words;
  if (is_correction) {
    told.last_price = taken.at;
    told.last_quantity = taken.volume - lot;
    executions_["R" + name] = {taken.order, taken.at, told.last_quantity, {}};
  }
  fill_reports_[taken.order].push_back(told);
  report(std::move(told), now, true);
}

void hostile_broker::tell_again(order_id id, timestamp since, timestamp now) {
  for (auto done : fill_reports_[id]) {
    if (done.time < since) continue;
    done.is_told_again = true;
    bool is_charge = done.kind == report_kind::commission; // which nobody would miss
    report(std::move(done), now, is_charge);
  }
}

/// All executions, perhaps twice or late, and then that these were all; or nothing of it.
void hostile_broker::tell_all(timestamp since, timestamp now) {
  if (is_mute_ || draw(how_.loses_report)) return;
  auto departure = now + shortest_delay + draw_time(usual_delay);
  if (draw(how_.delays_report)) departure += draw_time(how_.delay_max);
  for (auto& [id, reports] : fill_reports_)
    for (auto done : reports) {
      if (done.time < since) continue;
      done.is_told_again = true;
      schedule(departure, venue_news{done});
      if (draw(how_.repeats_report)) schedule(departure, venue_news{std::move(done)});
    }
  schedule(departure, venue_news{broker_event{.news = broker_news::executions_told}});
}

money hostile_broker::commissions() const {
  money sum;
  for (auto& [name, execution] : executions_)
    sum += execution.commission;
  return sum;
}

} // namespace tickmesh
