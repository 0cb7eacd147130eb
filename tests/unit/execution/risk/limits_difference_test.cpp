// What a change of limits changes, key by key.
#include "actors/execution/risk/limits_difference.hpp"

#include "apps/settings/load_settings.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <map>

namespace tickmesh::limits_difference_test {

namespace {

constexpr auto unit = decimal_scale;

/// Every key of [execution.limits], and a value that is written as the difference has it.
const std::map<std::string, std::string> all_keys{{"position_max", "8.5"},
                                                  {"order_value_max", "3000"},
                                                  {"daily_loss_max", "0"},
                                                  {"orders_max", "7"},
                                                  {"order_size_max", "4"},
                                                  {"collar_ratio", "0.02"},
                                                  {"orders_per_second_max", "50"},
                                                  {"orders_per_day_max", "900"},
                                                  {"cancels_per_second_max", "60"},
                                                  {"cancels_per_day_max", "901"},
                                                  {"duplicate_window_ms", "500"},
                                                  {"refuse_self_trade", "true"},
                                                  {"gross_exposure_max", "20000000"},
                                                  {"net_exposure_max", "10000000"},
                                                  {"symbols_restricted", "[ru1901, rb*]"},
                                                  {"symbols_allowed", "[ru####]"},
                                                  {"in_session_only", "true"},
                                                  {"mark_age_max_ms", "5000"},
                                                  {"frozen_mark_max_ms", "60000"},
                                                  {"signal_age_max_ms", "1500"}};

/// The value in TOML.
std::string toml_of(const std::string& value) {
  if (value.front() != '[') return value;
  std::string out;
  for (char c : value)
    out += c == '['   ? "[\""
           : c == ']' ? "\"]"
           : c == ',' ? "\","
           : c == ' ' ? " \""
                      : std::string{c};
  return out;
}

std::vector<limit_scope> load(const std::string& toml) {
  temporary_directory home;
  auto file = home.path() / "limits.toml";
  std::ofstream{file} << "[execution.limits]\n" << toml;
  toml_reader reader{file.string(), {}};
  execution_settings out;
  out.limits = {};
  load_limits(reader.root().section("execution").section("limits"), {}, out);
  auto faults = reader.take_faults();
  REQUIRE_MESSAGE(faults.empty(), faults.front());
  return out.all_limits();
}

limit_scope scope_of(scope_kind kind, const char* name, std::int64_t position_max) {
  limit_scope out{.kind = kind, .name = name};
  out.limits.position_max = quantity{position_max * unit};
  return out;
}

} // namespace

TEST_CASE("every key of the configuration appears, with the name and value it has there") {
  std::string toml;
  for (auto& [key, value] : all_keys)
    toml += key + " = " + toml_of(value) + "\n";
  auto nothing = load(""), all = load(toml);
  std::map<std::string, std::string> found;
  for (auto& d : compare_limits(nothing, all)) {
    CHECK(d.scope == "global");
    CHECK_FALSE(d.before);
    found[d.key] = d.after.value();
  }
  CHECK(found == all_keys);
  auto back = compare_limits(all, nothing);
  CHECK(back.size() == all_keys.size());
  for (auto& d : back) {
    CHECK(d.before == all_keys.at(d.key));
    CHECK_FALSE(d.after);
  }
  CHECK(compare_limits(all, all).empty());
}

TEST_CASE("a key that changes has both values, and parts of a millisecond are kept") {
  auto before = load("position_max = 8\nsignal_age_max_ms = 2000"), after = before;
  after[0].limits.position_max = quantity{unit / 2};
  after[0].limits.signal_age_max = nanoseconds{1'500'000};
  CHECK(compare_limits(before, after) ==
        std::vector<limit_difference>{{"global", "position_max", "8", "0.5"},
                                      {"global", "signal_age_max_ms", "2000", "1.5"}});
}

TEST_CASE("scopes are compared by kind and name, wherever they stand") {
  limit_scope global;
  auto symbol = scope_of(scope_kind::symbol, "x", 1);
  auto strategy = scope_of(scope_kind::strategy, "x", 2);
  auto account = scope_of(scope_kind::account, "main", 3);
  std::vector before{global, symbol, strategy};
  auto raised = scope_of(scope_kind::strategy, "x", 4);
  std::vector after{global, raised, account};
  CHECK(compare_limits(before, after) ==
        std::vector<limit_difference>{{"symbol x", "position_max", "1", std::nullopt},
                                      {"strategy x", "position_max", "2", "4"},
                                      {"account main", "position_max", std::nullopt, "3"}});
}

TEST_CASE("two scopes of one name are compared one by one") {
  limit_scope global;
  auto first = scope_of(scope_kind::symbol, "x", 1), second = scope_of(scope_kind::symbol, "x", 2);
  auto third = scope_of(scope_kind::symbol, "x", 3);
  std::vector before{global, first, second};
  std::vector after{global, first, third};
  CHECK(compare_limits(before, after) ==
        std::vector<limit_difference>{{"symbol x", "position_max", "2", "3"}});
  after.pop_back();
  CHECK(compare_limits(before, after) ==
        std::vector<limit_difference>{{"symbol x", "position_max", "2", std::nullopt}});
}

namespace {

/// The keys of what is looser in the second text than in the first.
std::vector<std::string> looser(const std::string& before, const std::string& after) {
  std::vector<std::string> out;
  for (auto& d : loosened_limits(load(before), load(after)))
    out.push_back(d.key);
  return out;
}

} // namespace

TEST_CASE("each rule knows which way is looser") {
  const std::vector<std::array<std::string, 3>> cases{
      {"position_max", "8", "9"},
      {"order_value_max", "3000", "3000.5"},
      {"daily_loss_max", "0", "1"},
      {"orders_max", "7", "8"},
      {"order_size_max", "4", "\"off\""},
      {"collar_ratio", "0.02", "0.03"},
      {"orders_per_second_max", "50", "51"},
      {"orders_per_day_max", "900", "\"off\""},
      {"cancels_per_second_max", "60", "61"},
      {"cancels_per_day_max", "901", "902"},
      {"duplicate_window_ms", "500", "499"},
      {"duplicate_window_ms", "500", "\"off\""},
      {"refuse_self_trade", "true", "false"},
      {"gross_exposure_max", "20000000", "20000001"},
      {"net_exposure_max", "10000000", "\"off\""},
      {"symbols_restricted", "[\"ru1901\", \"rb*\"]", "[\"rb*\"]"},
      {"symbols_restricted", "[\"ru1901\"]", "[]"},
      {"symbols_allowed", "[\"ru####\"]", "[\"ru####\", \"rb*\"]"},
      {"symbols_allowed", "[\"ru####\"]", "\"off\""},
      {"in_session_only", "true", "false"},
      {"mark_age_max_ms", "5000", "6000"},
      {"signal_age_max_ms", "1500", "1501"},
      {"signal_age_max_ms", "1500", "0"}, // 0 is never
  };
  for (auto& [key, tight, loose] : cases) {
    CAPTURE(key);
    CHECK(looser(key + " = " + tight, key + " = " + loose) == std::vector<std::string>{key});
    CHECK(looser(key + " = " + loose, key + " = " + tight).empty());
    CHECK(looser(key + " = " + tight, key + " = " + tight).empty());
  }
  CHECK(
      looser("symbols_restricted = [\"a\", \"b\"]", "symbols_restricted = [\"b\", \"a\"]").empty());
  CHECK(looser("", "signal_age_max_ms = 0").empty());
}

TEST_CASE("a scope that goes loosens all that it limited, a new one nothing") {
  limit_scope global;
  auto symbol = scope_of(scope_kind::symbol, "x", 1);
  std::vector without{global}, with{global, symbol};
  CHECK(loosened_limits(with, without) ==
        std::vector<limit_difference>{{"symbol x", "position_max", "1", std::nullopt}});
  CHECK(loosened_limits(without, with).empty());
}

TEST_CASE("a fingerprint is of what is limited, key by key and scope by scope") {
  auto a = load("position_max = 8\nsignal_age_max_ms = 2000");
  auto b = a;
  CHECK(fingerprint_of(a) == fingerprint_of(b));
  b[0].limits.position_max = quantity{9 * unit};
  CHECK(fingerprint_of(a) != fingerprint_of(b));
  b = a;
  b.push_back(scope_of(scope_kind::symbol, "x", 8));
  CHECK(fingerprint_of(a) != fingerprint_of(b));
  CHECK(is_made_of({b, fingerprint_of(a)}, a));
  CHECK_FALSE(is_made_of({b, fingerprint_of(b)}, a));
  CHECK(is_made_of({b, std::nullopt}, a));
}

} // namespace tickmesh::limits_difference_test
