// The section [source.ticklog].
#include "apps/settings/load_settings.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

namespace tickmesh::log_source_settings_test {

namespace {

using overrides = std::vector<setting_override>;

/// The faults, in one text.
std::string faults_of(overrides given) {
  given.push_back({"source.kind", "ticklog", "--set source.kind"});
  std::string out;
  for (auto& fault : load_settings({"", {}, given}).faults)
    out += fault + "\n";
  return out;
}

} // namespace

TEST_CASE("a replay needs logs, which are not those that the run writes") {
  market_files files;
  auto log = files.path("state/local/ticks/data-0");
  overrides elsewhere{{"source.ticklog.paths", log, "--set"},
                      {"host.state_dir", files.path("replay"), "--state-dir"}};
  CHECK(faults_of(elsewhere) == "");
  auto similar = elsewhere;
  similar[1].text = files.path("sta");
  CHECK(faults_of(similar) == "");
  CHECK(faults_of({}).find("source.ticklog.paths: is missing") != std::string::npos);
  for (auto* state : {"state", "state/", "other/../state"}) {
    auto same = elsewhere;
    same[1].text = files.path(state);
    CHECK_MESSAGE(faults_of(same).find(log + " is in host.state_dir = ") != std::string::npos,
                  state);
  }
}

TEST_CASE("days of a replay are whole numbers like dates") {
  market_files files;
  auto load = [&](const std::string& days) {
    auto file = files.write("t.toml", "[source.ticklog]\ndays = " + days + "\n");
    return load_settings({file, {}, {}});
  };
  auto good = load("[20181008, 20181009]");
  CHECK(good.faults.empty());
  CHECK(good.value.source.ticklog.days == std::vector<std::int32_t>{20181008, 20181009});
  CHECK(load("[\"2018-10-08\", \"20181009\"]").value.source.ticklog.days ==
        good.value.source.ticklog.days);
  for (auto* bad : {"20181008", "[\"2018\"]", "[2018]", "[20181008, 1]"}) {
    auto loaded = load(bad);
    REQUIRE_MESSAGE(loaded.faults.size() == 1, bad);
    CHECK(loaded.faults[0].find("is not a list of whole numbers; allowed: 19700102 to 22001231 "
                                "each") != std::string::npos);
  }
}

} // namespace tickmesh::log_source_settings_test
