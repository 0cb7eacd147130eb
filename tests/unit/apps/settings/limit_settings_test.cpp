// The limits of a configuration: scopes, their keys, and the words in which faults are refused.
#include "apps/settings/configuration_hash.hpp"
#include "apps/settings/load_settings.hpp"
#include "tests/support/loaded_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace tickmesh::limit_settings_test {

namespace {

using texts = std::vector<std::string>;

constexpr std::string_view every_limit = R"(
position_max = 1
order_value_max = 2
daily_loss_max = 3
order_size_max = 4
collar_ratio = 0.05
orders_per_second_max = 6
orders_per_day_max = 7
cancels_per_second_max = 8
cancels_per_day_max = 9
duplicate_window_ms = 10
refuse_self_trade = true
gross_exposure_max = 12
net_exposure_max = 13
symbols_restricted = ["SIM0001"]
symbols_allowed = ["SIM####"]
in_session_only = true
mark_age_max_ms = 17
signal_age_max_ms = 18
frozen_mark_max_ms = 20
)";

risk_limits expected_limits() {
  using std::chrono::milliseconds;
  auto whole = [](std::int64_t n) { return money{int128{n} * decimal_scale}; };
  risk_limits out;
  out.position_max = quantity{decimal_scale};
  out.order_value_max = whole(2);
  out.daily_loss_max = whole(3);
  out.order_size_max = quantity{4 * decimal_scale};
  out.collar_ratio = decimal_scale / 20;
  out.orders_per_second_max = 6;
  out.orders_per_day_max = 7;
  out.cancels_per_second_max = 8;
  out.cancels_per_day_max = 9;
  out.duplicate_window = milliseconds{10};
  out.refuse_self_trade = true;
  out.gross_exposure_max = whole(12);
  out.net_exposure_max = whole(13);
  out.symbols_restricted = {"SIM0001"};
  out.symbols_allowed = {"SIM####"};
  out.in_session_only = true;
  out.mark_age_max = milliseconds{17};
  out.signal_age_max = milliseconds{18};
  out.frozen_mark_max = milliseconds{20};
  return out;
}

} // namespace

TEST_CASE("without a word about limits the defaults hold, and nothing else is limited") {
  auto s = load_text("").value.execution;
  CHECK(s.limits == default_limits());
  CHECK(s.limit_scopes.empty());
  CHECK(s.programme_rate_reported == 10);
  CHECK(s.frozen_mark_alarm == std::chrono::seconds{60});
  CHECK(s.all_limits().size() == 1);
}

TEST_CASE("every limit may be set globally and for each kind of scope") {
  auto text = "[execution.limits]" + std::string{every_limit} + "orders_max = 19\n";
  for (auto scope : {"account = \"main\"", "strategy = \"boll_reactive\"", "symbol = \"SIM####\""})
    text += "[[execution.limits.scope]]\n" + std::string{scope} + std::string{every_limit};
  auto loaded = load_text(text);
  CHECK(loaded.faults == texts{});
  auto expected = expected_limits();
  expected.orders_max = 19;
  auto& s = loaded.value.execution;
  CHECK(s.limits == expected);
  expected.orders_max.reset();
  REQUIRE(s.limit_scopes.size() == 3);
  CHECK(s.limit_scopes[0] == limit_scope{scope_kind::account, "main", expected});
  CHECK(s.limit_scopes[1] == limit_scope{scope_kind::strategy, "boll_reactive", expected});
  CHECK(s.limit_scopes[2] == limit_scope{scope_kind::symbol, "SIM####", expected});
}

TEST_CASE("faults of limits are told with place, value and what is allowed") {
  auto faults = load_text("[execution.limits]\n" // 1
                          "collar_ratio = 1.5\n" // 2
                          "orders_per_second_max = 70000\n"
                          "duplicate_window_ms = 0\n" // 4
                          "symbols_allowed = []\n"
                          "symbols_restricted = [\"a*b\"]\n" // 6
                          "order_sise_max = 3\n"
                          "[[execution.limits.scope]]\n" // 8
                          "position_max = 3\n"
                          "[[execution.limits.scope]]\n" // 10
                          "account = \"main\"\n"
                          "symbol = \"x\"\n" // 12
                          "[[execution.limits.scope]]\n"
                          "account = \"other\"\n" // 14
                          "[[execution.limits.scope]]\n"
                          "strategy = \"nobody\"\n" // 16
                          "orders_max = 3\n"
                          "[[execution.limits.scope]]\n" // 18
                          "symbol = \"a*b\"\n")
                    .faults;
  texts expected{
      "FILE:2: execution.limits.collar_ratio = 1.5: is out of range; allowed: 0 to 1",
      "FILE:3: execution.limits.orders_per_second_max = 70000: is out of range; allowed: 0 "
      "to 65535",
      "FILE:4: execution.limits.duplicate_window_ms = 0: is out of range; allowed: 1 to "
      "60000",
      "FILE:5: execution.limits.symbols_allowed = []: is empty; allowed: patterns; \"off\" "
      "is all symbols",
      "FILE:6: execution.limits.symbols_restricted = [\"a*b\"]: \"a*b\" is no pattern; "
      "allowed: a symbol, `#` for a digit, `*` at the end for any tail",
      "FILE:7: execution.limits.order_sise_max = 3: unknown key; did you mean "
      "order_size_max?",
      "FILE:8: execution.limits.scope.0.symbol: is missing; allowed: exactly one of account, "
      "strategy and symbol",
      "FILE:12: execution.limits.scope.1.symbol = \"x\": is one more scope beside account; "
      "allowed: exactly one of account, strategy and symbol",
      "FILE:14: execution.limits.scope.2.account = \"other\": is not the account; allowed: "
      "main",
      "FILE:16: execution.limits.scope.3.strategy = \"nobody\": is no strategy; allowed: "
      "boll_reactive",
      "FILE:17: execution.limits.scope.3.orders_max = 3: unknown key; allowed: account, "
      "cancels_per_day_max, cancels_per_second_max, collar_ratio, daily_loss_max, "
      "duplicate_window_ms, frozen_mark_max_ms, "
      "gross_exposure_max, in_session_only, mark_age_max_ms, net_exposure_max, order_size_max, "
      "order_value_max, orders_per_day_max, orders_per_second_max, position_max, "
      "refuse_self_trade, "
      "signal_age_max_ms, strategy, symbol, symbols_allowed, symbols_restricted",
      "FILE:19: execution.limits.scope.4.symbol = \"a*b\": is no pattern; allowed: a "
      "symbol, `#` for a digit, `*` at the end for any tail",
  };
  for (std::size_t i = 0; i < std::min(faults.size(), expected.size()); ++i)
    CHECK(faults[i] == expected[i]);
  CHECK(faults.size() == expected.size());
}

TEST_CASE("hosts whose limits differ have different configurations") {
  settings a = default_settings();
  auto changed = [&a](auto change) {
    auto b = a;
    change(b.execution);
    return configuration_hash(a) != configuration_hash(b);
  };
  CHECK_FALSE(changed([](auto&) {}));
  CHECK(changed([](auto& e) { e.limits.collar_ratio = 1; }));
  CHECK(changed([](auto& e) { e.limits.mark_age_max = nanoseconds{0}; }));
  CHECK(changed([](auto& e) { e.limits.symbols_restricted = {"x"}; }));
  CHECK(changed([](auto& e) { e.limit_scopes.push_back({scope_kind::symbol, "x", {}}); }));
  CHECK(changed([](auto& e) { e.programme_rate_reported = 9; }));
  CHECK(changed([](auto& e) { e.limits.frozen_mark_max = nanoseconds{0}; }));
  CHECK(changed([](auto& e) { e.frozen_mark_alarm = nanoseconds{0}; }));
}

} // namespace tickmesh::limit_settings_test
