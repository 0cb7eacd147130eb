// Counts allocations: a tick costs none on its way through the codec and a calculator.
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

using namespace tickmesh;

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
      out.signals.clear();
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
