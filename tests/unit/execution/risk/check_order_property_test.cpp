// Verdicts on any order, whatever is held, open and limited.
#include "actors/execution/risk/check_order.hpp"
#include "tests/support/property.hpp"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <span>
#include <vector>

namespace tickmesh::check_order_property_test {

namespace {

constexpr quantity lots(std::int64_t n) {
  return quantity{n * decimal_scale};
}
constexpr price at(std::int64_t n) {
  return price{n * decimal_scale};
}

/// In one symbol, in lots.
struct holding {
  std::int64_t position = 0, buys = 0, sells = 0;

  symbol_exposure exposure() const { return {lots(position), lots(buys), lots(sells)}; }
};

/// RapidCheck finds it by its name.
void showValue(const holding& h, std::ostream& out) {
  out << '{' << h.position << " held, " << h.buys << " in open buys, " << h.sells
      << " in open sells}";
}

rc::Gen<holding> any_holding() {
  return rc::gen::build<holding>(
      rc::gen::set(&holding::position, around_zero(30)),
      rc::gen::set(&holding::buys, rc::gen::inRange<std::int64_t>(0, 10)),
      rc::gen::set(&holding::sells, rc::gen::inRange<std::int64_t>(0, 10)));
}

/// The limits that volumes and positions matter for; below 0: there is none.
struct drawn_limits {
  std::int64_t position = -1, order_size = -1, order_value = -1, gross = -1, net = -1;
  bool only_fresh_marks = false;

  risk_limits limits() const {
    risk_limits out;
    if (position >= 0) out.position_max = lots(position);
    if (order_size >= 0) out.order_size_max = lots(order_size);
    auto cash = [](std::int64_t n) { return money{int128{n} * decimal_scale}; };
    if (order_value >= 0) out.order_value_max = cash(order_value);
    if (gross >= 0) out.gross_exposure_max = cash(gross);
    if (net >= 0) out.net_exposure_max = cash(net);
    if (only_fresh_marks) out.frozen_mark_max = nanoseconds{0};
    return out;
  }
};

/// RapidCheck finds it by its name.
void showValue(const drawn_limits& limits, std::ostream& out) {
  auto show = [&out](const char* name, std::int64_t limit) {
    if (limit >= 0) out << ' ' << name << ' ' << limit;
  };
  out << "{at most";
  show("position", limits.position);
  show("size", limits.order_size);
  show("value", limits.order_value);
  show("gross", limits.gross);
  show("net", limits.net);
  out << (limits.only_fresh_marks ? ", fresh marks only}" : "}");
}

/// Becomes false when it shrinks.
rc::Gen<bool> seldom() {
  return rc::gen::map(rc::gen::inRange(0, 4), [](int n) { return n == 3; });
}

rc::Gen<drawn_limits> any_limits() {
  auto some = [](std::int64_t below) {
    return rc::gen::map(rc::gen::inRange<std::int64_t>(0, 2 * below),
                        [below](std::int64_t n) { return n - below; });
  };
  return rc::gen::build<drawn_limits>(rc::gen::set(&drawn_limits::position, some(80)),
                                      rc::gen::set(&drawn_limits::order_size, some(60)),
                                      rc::gen::set(&drawn_limits::order_value, some(900)),
                                      rc::gen::set(&drawn_limits::gross, some(3'000)),
                                      rc::gen::set(&drawn_limits::net, some(3'000)),
                                      rc::gen::set(&drawn_limits::only_fresh_marks, seldom()));
}

constexpr std::int64_t other_price = 10; ///< of the symbols beside the order's

void add(exposure_sums& sums, const holding& h, price valued_at) {
  if (valued_at == no_price) return;
  auto longs = exposure_value(lots(h.position + h.buys).value, valued_at, decimal_scale);
  auto shorts = exposure_value(lots(h.position - h.sells).value, valued_at, decimal_scale);
  sums.longs += money{longs};
  sums.shorts += money{shorts};
  sums.gross += money{std::max(detail::magnitude(longs), detail::magnitude(shorts))};
}

scope_facts facts_of(const holding& in_symbol, const std::vector<holding>& elsewhere,
                     price valued_at) {
  scope_facts out{.exposure = in_symbol.exposure()};
  add(out.sums, in_symbol, valued_at);
  for (auto& h : elsewhere)
    add(out.sums, h, at(other_price));
  return out;
}

/// One account, and what it may do.
struct drawn_account {
  holding own, of_others; ///< in the order's symbol: of its strategy, of the others
  std::vector<holding> elsewhere;
  std::int64_t mark = 0; ///< 0: there is none
  bool no_short_sales = false, only_reduces = false;
  nanoseconds mark_age{0};
  drawn_limits whole, of_strategy;

  risk_facts facts() const;
};

risk_facts drawn_account::facts() const {
  static const instrument traded{.pattern = "S1", .exchange = "SIM", .currency = "CNY"};
  static const instrument not_shorted = [] {
    auto out = traded;
    out.short_allowed = false;
    return out;
  }();
  risk_facts out{
      .account_currency = "CNY", .traded = no_short_sales ? &not_shorted : &traded, .symbol = "S1"};
  out.valued_at = out.market.last = mark == 0 ? no_price : at(mark);
  holding all{own.position + of_others.position, own.buys + of_others.buys,
              own.sells + of_others.sells};
  out.account = out.of_symbol = facts_of(all, elsewhere, out.valued_at);
  out.strategy = facts_of(own, elsewhere, out.valued_at);
  out.market.open_age = mark_age;
  if (only_reduces) out.mode = trading_mode::reducing;
  return out;
}

drawn_account any_account() {
  auto few = rc::gen::scale(0.05, rc::gen::container<std::vector<holding>>(any_holding()));
  drawn_account out;
  out.own = *any_holding().as("of the strategy");
  out.of_others = *any_holding().as("of other strategies");
  out.elsewhere = *few.as("in other symbols");
  out.mark = *rc::gen::inRange<std::int64_t>(0, 20).as("mark, or 0");
  out.no_short_sales = *seldom().as("no short sales");
  out.only_reduces = *seldom().as("reducing only");
  out.mark_age = nanoseconds{*rc::gen::inRange(0, 2).as("age of the mark")};
  out.whole = *any_limits().as("limits of the account");
  out.of_strategy = *any_limits().as("limits of the strategy");
  return out;
}

order_intent any_order() {
  auto direction = *rc::gen::arbitrary<bool>().as("buys") ? side::buy : side::sell;
  auto limit = *rc::gen::inRange<std::int64_t>(1, 20).as("price");
  return {direction, at(limit), lots(*rc::gen::inRange<std::int64_t>(1, 30).as("volume"))};
}

verdict verdict_on(const order_intent& order, const drawn_account& account) {
  auto whole = account.whole.limits(), of_strategy = account.of_strategy.limits();
  applied_limit global{&whole, scope_kind::global, 0};
  applied_limit strategy{&of_strategy, scope_kind::strategy, 1};
  auto out =
      check_order(order, account.facts(), {std::span{&global, 1}, std::span{&strategy, 1}, {}});
  return out.outcome;
}

/// Of what is there when the order is open, which does not just close what was.
void check_within(const risk_limits& limits, const order_intent& order, const scope_facts& then,
                  bool has_mark) {
  auto [position, buys, sells] = then.exposure;
  auto reached = order.direction == side::buy ? position + buys : sells - position;
  if (limits.position_max) RC_ASSERT(reached.value <= limits.position_max->value);
  if (limits.gross_exposure_max && has_mark)
    RC_ASSERT(then.sums.gross <= *limits.gross_exposure_max);
}

} // namespace

TEST_CASE("an order is never allowed where a smaller one is refused") {
  int both = 0, smaller_alone = 0, none = 0;
  check_property([&] {
    auto account = any_account();
    auto smaller = any_order();
    auto larger = smaller;
    larger.volume += lots(*rc::gen::inRange<std::int64_t>(1, 30).as("more in the larger one"));
    auto on_smaller = verdict_on(smaller, account), on_larger = verdict_on(larger, account);
    RC_LOG() << "smaller: " << to_string(on_smaller) << ", larger: " << to_string(on_larger);
    bool smaller_passes = on_smaller == verdict::approved;
    bool larger_passes = on_larger == verdict::approved;
    RC_ASSERT(smaller_passes || !larger_passes);
    ++(larger_passes ? both : smaller_passes ? smaller_alone : none);
  });
  CHECK(both > 100);
  CHECK(smaller_alone > 30);
  CHECK(none > 100);
}

TEST_CASE("an order that is allowed closes, or leaves positions and sums within their limits") {
  int opened = 0;
  check_property([&] {
    auto account = any_account();
    auto order = any_order();
    if (verdict_on(order, account) != verdict::approved) return;
    auto before = account.facts();
    auto with_order = account;
    (order.direction == side::buy ? with_order.own.buys : with_order.own.sells) +=
        order.volume.value / decimal_scale;
    auto then = with_order.facts();
    bool has_mark = account.mark != 0;
    if (!is_closing(order, before.account.exposure))
      check_within(account.whole.limits(), order, then.account, has_mark);
    if (!is_closing(order, before.strategy.exposure))
      check_within(account.of_strategy.limits(), order, then.strategy, has_mark);
    ++opened;
  });
  CHECK(opened > 100);
}

} // namespace tickmesh::check_order_property_test
