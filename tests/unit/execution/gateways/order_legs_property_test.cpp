// Any order that is sent in legs, and any answers to them: nothing is lost, doubled or ended early.
#include "actors/execution/gateways/order_legs.hpp"
#include "actors/execution/orders/order_state_machine.hpp"
#include "tests/support/property.hpp"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <variant>
#include <vector>

namespace tickmesh::order_legs_property_test {

namespace {

using st = order_status;
using kind = report_kind;

constexpr quantity lots(std::int64_t n) {
  return quantity{n * decimal_scale};
}

enum class answer_kind : std::uint8_t { accept, fill, cancel, expire, reject };

/// Of the broker to one of the legs.
struct answer {
  std::size_t leg = 0; ///< counted round
  answer_kind what = answer_kind::accept;
  std::int64_t lots = 1; ///< of a fill, as far as they are open
};

/// RapidCheck finds it by its name.
void showValue(const answer& a, std::ostream& out) {
  constexpr const char* names[] = {"accepted", "filled", "canceled", "expired", "rejected"};
  out << "leg " << a.leg << ' ' << names[static_cast<std::size_t>(a.what)];
  if (a.what == answer_kind::fill) out << ' ' << a.lots;
}

rc::Gen<answer> any_answer() {
  using what = answer_kind;
  return rc::gen::build<answer>(
      rc::gen::set(&answer::leg, rc::gen::inRange<std::size_t>(0, 3)),
      rc::gen::set(&answer::what, rc::gen::element(what::accept, what::fill, what::fill,
                                                   what::cancel, what::expire, what::reject)),
      rc::gen::set(&answer::lots, rc::gen::inRange<std::int64_t>(1, 5)));
}

order_request any_order() {
  auto part = [](const char* name) { return lots(*rc::gen::inRange(0, 6).as(name)); };
  order_request out{.id = order_id{5}, .direction = side::sell, .limit = price{decimal_scale}};
  order_split parts;
  parts.close_today = part("closes of today");
  parts.close_yesterday = part("closes of earlier days");
  parts.open = part("opens");
  out.volume = parts.close() + parts.open;
  if (out.volume == quantity{}) out.volume = lots(3);
  out.parts = parts;
  out.reference = 7;
  return out;
}

/// A broker that tells the truth of the legs, and what is told of the order for it.
class told_order {
public:
  explicit told_order(const order_request& order) : order_(order) {
    leg_traffic out;
    gateway_.submit(order, out);
    RC_ASSERT(out.to_slot.empty());
    for (auto& command : out.to_broker)
      legs_.push_back({std::get<order_request>(command)});
  }

  void check_legs() const {
    quantity sum{};
    for (auto& leg : legs_) {
      RC_ASSERT(leg.request.volume > quantity{});
      RC_ASSERT(order_of_leg(leg.request.reference) == order_.reference);
      sum += leg.request.volume;
    }
    RC_ASSERT(sum == order_.volume);
  }

  void take(const answer& a) {
    auto& leg = legs_[a.leg % legs_.size()];
    if (!leg.is_open) return;
    switch (a.what) {
    case answer_kind::accept: return tell(leg, kind::accepted, st::accepted);
    case answer_kind::fill: return fill(leg, lots(a.lots));
    case answer_kind::cancel: return end(leg, kind::canceled, st::canceled);
    case answer_kind::expire: return end(leg, kind::expired, st::expired);
    case answer_kind::reject:
      if (leg.filled == quantity{}) end(leg, kind::rejected, st::rejected);
    }
  }

  void end_all() {
    for (auto& leg : legs_)
      if (leg.is_open) end(leg, kind::canceled, st::canceled);
    RC_ASSERT(ends_told_ == 1);
    RC_ASSERT(fills_told_ == filled_);
  }

private:
  struct true_leg {
    order_request request;
    quantity filled{};
    bool is_open = true;
  };

  void fill(true_leg& leg, quantity volume) {
    volume = std::min(volume, leg.request.volume - leg.filled);
    leg.filled += volume;
    filled_ += volume;
    leg.is_open = leg.filled < leg.request.volume;
    tell(leg, kind::fill, leg.is_open ? st::partially_filled : st::filled, volume);
  }
  void end(true_leg& leg, kind how, st status) {
    leg.is_open = false;
    tell(leg, how, status);
  }
  void tell(const true_leg& leg, kind what, st status, quantity volume = {}) {
    leg_traffic out;
    gateway_.take({.kind = what,
                   .status = status,
                   .last_quantity = volume,
                   .cumulative = leg.filled,
                   .reference = leg.request.reference},
                  out);
    for (auto& report : out.to_slot)
      hear(report);
  }
  void hear(const execution_report& of_order) {
    RC_ASSERT(of_order.reference == order_.reference);
    RC_ASSERT(of_order.cumulative == filled_);
    bool is_fill = of_order.kind == kind::fill;
    if (is_fill) fills_told_ += of_order.last_quantity;
    if (is_fill ? of_order.status != st::filled : !is_terminal(of_order.status)) return;
    ++ends_told_;
    for (auto& leg : legs_)
      RC_ASSERT_FALSE(leg.is_open);
  }

  order_request order_;
  order_legs gateway_;
  std::vector<true_leg> legs_;
  quantity filled_{};
  quantity fills_told_{};
  int ends_told_ = 0;
};

} // namespace

TEST_CASE("the legs of any order are its volume, and are told as one whatever is answered") {
  check_property([] {
    told_order told{any_order()};
    told.check_legs();
    for (auto& a : *rc::gen::container<std::vector<answer>>(any_answer()).as("answers"))
      told.take(a);
    told.end_all();
  });
}

} // namespace tickmesh::order_legs_property_test
