// Which bytes are text.
#include "messages/utf8.hpp"

#include "runtime/results/json_text.hpp"
#include "runtime/settings/text_fault.hpp"

#include <doctest/doctest.h>

namespace tickmesh::text_fault_test {

TEST_CASE("text in any language is UTF-8") {
  for (auto* text :
       {"", "rb1901", "\u00e9\u20ac\u6caa\u94dc", "\U0001f600", "\xf4\x8f\xbf\xbf", "\x7f"})
    CHECK_FALSE(find_non_utf8(text));
}

TEST_CASE("other encodings, overlong forms and cut characters are found where they begin") {
  using namespace std::string_view_literals;
  CHECK(find_non_utf8("ab\xff"sv) == 2);
  CHECK(find_non_utf8("\xc9\xcf"sv) == 0);         // GBK
  CHECK(find_non_utf8("a\xc0\x80"sv) == 1);        // overlong
  CHECK(find_non_utf8("\xe0\x9f\xbf"sv) == 0);     // overlong
  CHECK(find_non_utf8("\xed\xa0\x80"sv) == 0);     // half of a pair of UTF-16
  CHECK(find_non_utf8("\xf4\x90\x80\x80"sv) == 0); // beyond Unicode
  CHECK(find_non_utf8("x\xe6\xb2"sv) == 1);        // cut off
  CHECK(describe_non_utf8("ab\xff") ==
        "has a byte that is no UTF-8 (0xff, number 3); allowed: UTF-8");
}

TEST_CASE("bytes that are no UTF-8 do not keep JSON from being written") {
  nlohmann::ordered_json document{{"reason", "odd \xff prices"}};
  CHECK(json_text(document) == "{\"reason\":\"odd \xef\xbf\xbd prices\"}");
  CHECK(json_text(document, 1).find("\n \"reason\"") == 1);
}

} // namespace tickmesh::text_fault_test
