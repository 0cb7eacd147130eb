// What is well-formed UTF-8.
#include "messages/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tickmesh::utf8_test {

TEST_CASE("well-formed text of any script has no bad byte") {
  for (std::string text : {"", "abc", "\x7F", "\xC2\x80", "\xE8\xB1\x86", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    CHECK_FALSE(find_non_utf8(text));
}

TEST_CASE("long forms, surrogates, bytes alone and cut characters are found where they begin") {
  for (std::string bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
                          "\xE8\xB1", "\xE8\xB1x", "\xF0\x90\x80", "\xC2"}) {
    CHECK(find_non_utf8(bad) == 0);
    CHECK(find_non_utf8("ab" + bad + "c") == 2);
    CHECK_FALSE(find_non_utf8(replace_non_utf8("ab" + bad + "c")));
  }
  CHECK(replace_non_utf8("a\xB6\xB9z") == "a\xEF\xBF\xBD\xEF\xBF\xBDz");
  CHECK(replace_non_utf8("plain") == "plain");
}

} // namespace tickmesh::utf8_test
