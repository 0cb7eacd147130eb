// Counts allocations: a tick costs none on its way through the codec and a calculator, the check of
// an order neither.
#include "actors/execution/risk/risk_facts_book.hpp"
#include "tests/support/calc_ticks.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
} // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (auto* out = std::malloc(size == 0 ? 1 : size)) return out;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

namespace tickmesh::risk_allocations_test {

TEST_CASE("runs of 64 and of 1024 ticks cost the same number of allocations: none") {
  std::vector<strategy_settings> strategies;
  for (std::uint32_t period = 10; period <= 200; period += 10)
    strategies.push_back(
        make_strategy("r" + std::to_string(period), strategy_mode::reactive, period));
  auto allocations_for = [&](std::size_t run_length) {
    symbol_calculator calculator{symbol_id{}, "X", price_source::last, share_strategies(strategies),
                                 false};
    tick_run_encoder encoder;
    tick_frame_view frame;
    std::string bytes;
    calculation_output out;
    auto ticks = make_walk(3, run_length, 4'000 * decimal_scale, decimal_scale);
    auto take = [&] {
      bytes.clear();
      out.clear();
      encoder.append(bytes, ticks, first_data_epoch, 1);
      bool valid = read_tick_frame(bytes, frame).has_value();
      valid = valid && calculator.add_run(frame.runs[0], out).has_value();
      REQUIRE(valid);
      REQUIRE(out.signals.size() >= 1);
    };
    for (int i = 0; i < 10; ++i)
      take();
    auto before = allocations;
    for (int i = 0; i < 100; ++i)
      take();
    return allocations - before;
  };
  CHECK(allocations_for(64) == 0);
  CHECK(allocations_for(1'024) == 0);
}

TEST_CASE("the check of an order by every rule and scope costs no allocation") {
  trading_universe universe{
      .symbols = {"ru1901"},
      .instruments = {instrument{.pattern = "ru1901", .exchange = "SHFE", .currency = "CNY"}},
      .strategies = {"a"}};
  auto limits = default_limits();
  limits.collar_ratio = limits.order_size_max.emplace(decimal_scale).value;
  limits.orders_per_second_max = limits.cancels_per_second_max = 10;
  limits.orders_per_day_max = limits.cancels_per_day_max = 10;
  limits.duplicate_window = limits.mark_age_max = std::chrono::seconds{1};
  limits.gross_exposure_max = limits.net_exposure_max = limits.order_value_max;
  limits.symbols_restricted = {"rb####"};
  limits.refuse_self_trade = limits.in_session_only = true;
  risk_facts_book ledger{{.account = "main",
                          .currency = "CNY",
                          .limits = {{scope_kind::global, "", limits},
                                     {scope_kind::strategy, "a", limits},
                                     {scope_kind::symbol, "ru####", limits}}},
                         universe};
  price last{100 * decimal_scale};
  auto now = from_ns(1'000'000'000);
  ledger.apply_mark({.trading_day = 1, .effective_time = now, .last = last});
  open_orders open{1};
  order_request request{.direction = side::buy, .limit = last, .volume = quantity{decimal_scale}};
  auto check = [&] { return ledger.check(request, {open, {}, 0, now, now}, universe).outcome; };
  bool approved = check() == verdict::approved;
  auto before = allocations;
  for (int i = 0; i < 100; ++i)
    approved = check() == verdict::approved && approved;
  auto after = allocations;
  CHECK(after == before);
  CHECK(approved);
}

} // namespace tickmesh::risk_allocations_test
