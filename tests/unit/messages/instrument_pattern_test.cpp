// Which symbols a pattern fits.
#include "apps/settings/load_settings.hpp"
#include "messages/instrument.hpp"

#include <doctest/doctest.h>

namespace tickmesh::instrument_pattern_test {

TEST_CASE("a digit sign fits a digit or itself, a star any tail, and a backslash takes both away") {
  CHECK(matches_pattern("rb####", "rb2405"));
  CHECK_FALSE(matches_pattern("rb####", "rb24x5"));
  CHECK(matches_pattern("ES#", "ES1"));
  CHECK(matches_pattern("ES#", "ES#"));
  CHECK(matches_pattern(R"(ES\#)", "ES#"));
  CHECK_FALSE(matches_pattern(R"(ES\#)", "ES1"));
  CHECK_FALSE(matches_pattern(R"(ES\#)", R"(ES\#)"));
  CHECK(matches_pattern("SP*", "SP m2405&m2409"));
  CHECK(matches_pattern(R"(a\*)", "a*"));
  CHECK_FALSE(matches_pattern(R"(a\*)", "ab"));
  CHECK(matches_pattern(R"(a\\)", R"(a\)"));
}

TEST_CASE("an entry with escaped signs is exact, and wins over patterns before it") {
  std::vector<instrument> entries(2);
  entries[0].pattern = "ES#";
  entries[1].pattern = R"(ES\#)";
  instrument_table table{entries};
  CHECK(table.find("ES#") == &table.entries()[1]);
  CHECK(table.find("ES1") == &table.entries()[0]);
}

TEST_CASE("a backslash needs a sign behind it, and a star stands at the end alone") {
  for (auto* good : {"ES#", "*", R"(ES\#)", R"(a\**)", R"(a\\)", "SP m2405&m2409"})
    CHECK_MESSAGE(is_valid_pattern(good), good);
  for (auto* bad : {"", "a*b", R"(a\)", R"(a\b)", R"(\*a*b)", "\xB6\xB9"})
    CHECK_MESSAGE(!is_valid_pattern(bad), bad);
}

} // namespace tickmesh::instrument_pattern_test
