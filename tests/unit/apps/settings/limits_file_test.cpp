// A file of changes to limits, merged with those that hold.
#include "apps/settings/limits_file.hpp"

#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace tickmesh::limits_file_test {

namespace {

constexpr auto unit = decimal_scale;

limits_in_force limits_now() {
  limits_in_force now{{{.limits = default_limits()}}, "main", {"a", "b"}};
  now.scopes[0].limits.daily_loss_max = money{int128{100'000} * unit};
  now.scopes[0].limits.symbols_restricted = {"ru1901", "rb*"};
  limit_scope symbol{.kind = scope_kind::symbol, .name = "ru*"};
  symbol.limits.position_max = quantity{5 * unit};
  symbol.limits.refuse_self_trade = true;
  now.scopes.push_back(symbol);
  symbol.limits.position_max = quantity{3 * unit};
  now.scopes.push_back(symbol);
  return now;
}

loaded_limits merge(const std::string& text) {
  temporary_directory home;
  auto file = (home.path() / "changes.toml").string();
  std::ofstream{file} << text;
  return load_limits_file(file, limits_now());
}

std::vector<limit_scope> merged(const std::string& text) {
  auto out = merge(text);
  REQUIRE_MESSAGE(out.faults.empty(), out.faults.front());
  return out.value;
}

} // namespace

TEST_CASE("a file of changes changes what it names and nothing else") {
  auto expected = limits_now().scopes;
  CHECK(merged("[execution.limits]\n") == expected);
  expected[0].limits.position_max = quantity{90 * unit};
  CHECK(merged("[execution.limits]\nposition_max = 90\n") == expected);
}

TEST_CASE("a scope that is there is changed, the second of a name with the second in the file") {
  auto expected = limits_now().scopes;
  expected[1].limits.position_max = quantity{4 * unit};
  std::string first = "[execution.limits]\n[[execution.limits.scope]]\nsymbol = \"ru*\"\n";
  CHECK(merged(first + "position_max = 4\n") == expected);
  expected = limits_now().scopes;
  expected[2].limits.order_size_max = quantity{unit};
  CHECK(merged(first + "[[execution.limits.scope]]\nsymbol = \"ru*\"\norder_size_max = 1\n") ==
        expected);
}

TEST_CASE("a scope that is not there comes new, of the names that the cluster has") {
  auto expected = limits_now().scopes;
  limit_scope added{.kind = scope_kind::strategy, .name = "b"};
  added.limits.position_max = quantity{unit};
  expected.push_back(added);
  std::string scope = "[execution.limits]\n[[execution.limits.scope]]\n";
  CHECK(merged(scope + "strategy = \"b\"\nposition_max = 1\n") == expected);
  auto refused = merge(scope + "strategy = \"c\"\nposition_max = 1\n");
  REQUIRE(refused.faults.size() == 1);
  CHECK(refused.faults[0].find("is no strategy; allowed: a, b") != std::string::npos);
}

TEST_CASE("off ends a limit, and an empty list ends a restriction") {
  auto expected = limits_now().scopes;
  expected[0].limits.position_max.reset();
  expected[0].limits.signal_age_max.reset();
  expected[0].limits.symbols_restricted.clear();
  CHECK(merged("[execution.limits]\nposition_max = \"off\"\nsignal_age_max_ms = \"off\"\n"
               "symbols_allowed = \"off\"\nsymbols_restricted = []\n") == expected);
  auto refused = merge("[execution.limits]\norders_max = \"off\"\n"); // each is kept in memory
  REQUIRE(refused.faults.size() == 1);
  CHECK(refused.faults[0].find("orders_max") != std::string::npos);
}

} // namespace tickmesh::limits_file_test
