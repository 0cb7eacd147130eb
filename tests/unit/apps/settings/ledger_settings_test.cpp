// The section [execution.ledger].
#include "apps/settings/configuration_hash.hpp"
#include "apps/settings/load_settings.hpp"

#include <doctest/doctest.h>

namespace tickmesh::ledger_settings_test {

namespace {

loaded_settings load_with(const char* key, const char* value) {
  return load_settings({{}, {}, {{std::string{"execution.ledger."} + key, value, "--set"}}});
}

} // namespace

TEST_CASE(
    "a ledger is kept by default; whether, and how many rows wait for it, changes no result") {
  auto defaults = load_settings({}).value;
  CHECK(defaults.execution.ledger.enabled);
  CHECK(defaults.execution.ledger.rows_held_max == 16'384);
  auto off = load_with("enabled", "false");
  auto small = load_with("rows_held_max", "7");
  CHECK(off.faults.empty());
  CHECK_FALSE(off.value.execution.ledger.enabled);
  CHECK(small.faults.empty());
  CHECK(small.value.execution.ledger.rows_held_max == 7);
  CHECK(configuration_hash(off.value) == configuration_hash(defaults));
  CHECK(configuration_hash(small.value) == configuration_hash(defaults));
}

TEST_CASE("faults of the ledger's keys name key, value and what is allowed") {
  struct {
    const char* key;
    const char* value;
    const char* fault;
  } cases[] = {
      {"rows_held_max", "0", "execution.ledger.rows_held_max = 0"},
      {"rows_held_max", "16777217", "allowed: 1 to 16777216"},
      {"enabled", "perhaps", "execution.ledger.enabled = "},
      {"file", "x", "execution.ledger.file = "},
  };
  for (auto& [key, value, fault] : cases) {
    auto loaded = load_with(key, value);
    REQUIRE(loaded.faults.size() == 1);
    CHECK_MESSAGE(loaded.faults[0].find(fault) != std::string::npos, loaded.faults[0]);
  }
}

} // namespace tickmesh::ledger_settings_test
