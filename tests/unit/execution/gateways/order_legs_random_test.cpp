// Legs of one order whose answers come in any order, some twice, and a gateway that is restarted,
// against the order manager: no volume lost, no fill twice, and no end while a leg is alive.
#include "actors/execution/gateways/order_legs.hpp"
#include "actors/execution/orders/order_manager.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

namespace tickmesh::order_legs_random_test {

namespace {

using st = order_status;
using kind = report_kind;

/// What a leg really is.
struct true_leg {
  order_request request;
  bool arrives = true;
  bool is_open = true;
  st end = st::pending_new;
  quantity filled{};
  std::vector<execution_report> fills;
};

class legs_world {
public:
  explicit legs_world(std::uint64_t seed) : random_(seed) {
    auto part = [&] { return quantity{static_cast<std::int64_t>(draw(5)) * decimal_scale}; };
    order_request order{.id = order_id{5},
                        .direction = side::sell,
                        .limit = price{decimal_scale},
                        .volume = {},
                        .parts = order_split{part(), part(), part()}};
    order.volume = order.parts->close() + order.parts->open;
    if (order.volume == quantity{}) order.volume = quantity{3 * decimal_scale};
    manager.open(order, std::nullopt, {}, at(), commands_);
    carry_out();
  }

  void step() {
    auto dice = draw(20);
    if (dice < 4) fill();
    if (dice == 4) fire();
    if (dice == 5) static_cast<void>(manager.cancel(order_id{5}, at(), commands_));
    if (dice == 6 && draw(4) == 0) restart();
    if (dice == 7 && draw(3) == 0) end_by_itself();
    if (dice > 7) deliver();
    carry_out();
    check();
  }
  /// From now on the broker does what it is asked and tells the truth.
  void calm() {
    is_calm_ = true;
    for (int round = 0; round < 60 && !is_over(); ++round) {
      while (!queue_.empty()) {
        deliver();
        carry_out();
        check();
      }
      static_cast<void>(manager.cancel(order_id{5}, at(), commands_));
      manager.query_doubtful(at(), commands_);
      carry_out();
      for (int i = 0; i < 3; ++i)
        fire();
      carry_out();
    }
  }
  bool is_over() const { return order().has_surely_ended() || is_over_by_presumption(); }
  bool is_over_by_presumption() const {
    return is_terminal(order().status()) && !order().lacks_fills();
  }
  quantity truly_filled() const {
    quantity out{};
    for (auto& [number, leg] : legs_)
      out += leg.filled;
    return out;
  }
  const managed_order& order() const { return *manager.find(order_id{5}); }

  order_manager manager{{.lifetime = nanoseconds{0}}, 1};
  quantity booked{};

private:
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }
  log_position at() {
    time_ += std::chrono::milliseconds{1};
    return {++event_, time_};
  }

  void check() {
    CHECK(booked == order().filled);
    CHECK(booked <= truly_filled());
    if (!is_terminal(order().status()) || order().lacks_fills()) return;
    for (auto& [number, leg] : legs_)
      CHECK_FALSE((leg.arrives && leg.is_open));
  }

  void carry_out() {
    auto commands = std::exchange(commands_, {});
    for (auto& command : commands) {
      leg_traffic out;
      if (auto* order = std::get_if<order_request>(&command)) gateway_.submit(*order, out);
      if (auto* cancel = std::get_if<cancel_request>(&command)) gateway_.cancel(*cancel, out);
      if (auto* query = std::get_if<status_query>(&command)) gateway_.query(*query, out);
      if (auto* timer = std::get_if<timer_request>(&command)) timers_.push_back(timer->timer);
      pass(out);
    }
  }
  void pass(const leg_traffic& out) {
    for (auto& command : out.to_broker) {
      if (auto* order = std::get_if<order_request>(&command)) take(*order);
      if (auto* cancel = std::get_if<cancel_request>(&command))
        take_cancel(cancel->names.reference);
      if (auto* query = std::get_if<status_query>(&command)) take_query(query->names.reference);
    }
    for (auto& report : out.to_slot) {
      auto booking = manager.apply_report(report, at(), commands_);
      if (booking.order != nullptr) booked += booking.volume;
    }
  }

  void tell(std::uint32_t number, kind what, st status, refusal_cause cause = refusal_cause::none) {
    auto found = legs_.find(number);
    queue_.push_back({.kind = what,
                      .status = status,
                      .cumulative = found != legs_.end() ? found->second.filled : quantity{},
                      .refusal = cause,
                      .reference = number});
  }
  void take(const order_request& request) {
    REQUIRE_FALSE(legs_.contains(request.reference));
    auto& leg = legs_[request.reference];
    leg.request = request;
    auto dice = draw(20);
    if (dice == 0) {
      leg.arrives = leg.is_open = false;
    } else if (dice < 3) {
      leg.is_open = false;
      leg.end = st::rejected;
      tell(request.reference, kind::rejected, st::rejected);
    } else {
      tell(request.reference, kind::accepted, st::accepted);
    }
  }
  st status_of(const true_leg& leg) const {
    if (!leg.is_open) return leg.end;
    return leg.filled.value > 0 ? st::partially_filled : st::accepted;
  }
  refusal_cause unknown_cause() {
    return is_calm_ || draw(3) == 0 ? refusal_cause::unknown_for_good : refusal_cause::unknown_now;
  }
  void take_cancel(std::uint32_t number) {
    auto& leg = legs_.at(number);
    if (!leg.arrives) return tell(number, kind::cancel_rejected, st::rejected, unknown_cause());
    if (!leg.is_open) return tell(number, kind::cancel_rejected, leg.end);
    auto dice = is_calm_ ? 9 : draw(10);
    if (dice == 0) return tell(number, kind::cancel_rejected, status_of(leg));
    if (dice == 1)
      return tell(number, kind::cancel_rejected, status_of(leg), refusal_cause::throttled);
    if (dice == 2) return; // is lost
    leg.is_open = false;
    leg.end = st::canceled;
    tell(number, kind::canceled, st::canceled);
  }
  void take_query(std::uint32_t number) {
    auto& leg = legs_.at(number);
    if (!leg.arrives) return tell(number, kind::rejected, st::rejected, unknown_cause());
    for (auto fill : leg.fills) {
      fill.is_told_again = true;
      queue_.push_back(fill);
    }
    tell(number, kind::status, status_of(leg));
  }
  void end_by_itself() {
    for (auto& [number, leg] : legs_)
      if (leg.is_open && draw(3) == 0) {
        leg.is_open = false;
        leg.end = draw(2) == 0 ? st::expired : st::canceled;
        return tell(number, leg.end == st::expired ? kind::expired : kind::canceled, leg.end);
      }
  }
  void fill() {
    for (auto& [number, leg] : legs_) {
      if (!leg.is_open || draw(2) == 0) continue;
      auto left = (leg.request.volume - leg.filled).value / decimal_scale;
      quantity volume{static_cast<std::int64_t>(1 + draw(static_cast<std::uint64_t>(left))) *
                      decimal_scale};
      leg.filled += volume;
      leg.is_open = leg.filled < leg.request.volume;
      if (!leg.is_open) leg.end = st::filled;
      execution_report report{
          .kind = kind::fill,
          .status = leg.is_open ? st::partially_filled : st::filled,
          .last_price = leg.request.limit,
          .last_quantity = volume,
          .cumulative = leg.filled,
          .reference = number,
          .words = broker_words{.execution = fmt::format("T{}-{}", number, leg.fills.size())}};
      leg.fills.push_back(report);
      queue_.push_back(report);
      return;
    }
  }
  /// Some message, perhaps not for the last time.
  void deliver() {
    if (queue_.empty()) return;
    auto place = draw(queue_.size());
    auto report = queue_[place];
    if (is_calm_ || draw(10) != 0)
      queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(place));
    leg_traffic out;
    gateway_.take(report, out);
    pass(out);
  }
  /// The oldest timer goes off.
  void fire() {
    if (timers_.empty()) return;
    auto timer = timers_.front();
    timers_.pop_front();
    time_ = std::max(time_, timer.due);
    manager.apply_timer(timer, at(), commands_);
  }
  /// The gateway, and what was on its way to it, is gone.
  void restart() {
    gateway_ = order_legs{};
    queue_.clear();
    manager.apply_recovery({.external = {broker_id{}}}, at(), commands_);
  }

  std::mt19937_64 random_;
  bool is_calm_ = false;
  timestamp time_{};
  std::uint64_t event_ = 0;
  order_legs gateway_;
  std::map<std::uint32_t, true_leg> legs_;
  std::vector<execution_report> queue_;
  std::vector<venue_command> commands_;
  std::deque<timer_due> timers_;
};

} // namespace

TEST_CASE("legs in any order lose no volume, fill nothing twice, and end when all have ended") {
  std::size_t filled_in_part = 0;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    CAPTURE(seed);
    legs_world world{seed};
    for (int i = 0; i < 60; ++i)
      world.step();
    world.calm();
    REQUIRE(world.is_over());
    CHECK(world.order().filled == world.truly_filled());
    CHECK(world.booked == world.truly_filled());
    auto volume = world.order().request.volume;
    CHECK((world.order().status() == st::filled) == (world.booked == volume));
    if (world.booked > quantity{} && world.booked < volume) ++filled_in_part;
  }
  CHECK(filled_in_part > 300);
}

} // namespace tickmesh::order_legs_random_test
