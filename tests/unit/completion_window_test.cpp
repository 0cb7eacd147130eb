// Pieces leave in order, whatever the order in which their parts finish.
#include "actors/market/random_numbers.hpp"
#include "runtime/completion_window.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tickmesh;

namespace {

constexpr symbol_id a{1}, b{2}, c{3};

} // namespace

TEST_CASE("a piece leaves when its parts and those of all before it are done") {
  completion_window<std::string> window;
  CHECK(window.empty());
  CHECK_FALSE(window.front_is_complete());
  CHECK(window.open("first", {a, b}) == 1);
  CHECK(window.open("second", {c}) == 2);
  CHECK(window.size() == 2);
  window.complete_part(2, c);
  CHECK_FALSE(window.front_is_complete());
  window.complete_part(1, b);
  CHECK_FALSE(window.front_is_complete());
  window.complete_part(1, a);
  REQUIRE(window.front_is_complete());
  CHECK(window.front_number() == 1);
  CHECK(window.pop_front() == "first");
  REQUIRE(window.front_is_complete());
  CHECK(window.pop_front() == "second");
  CHECK(window.empty());
  CHECK(window.open("third", {}) == 3);
  CHECK(window.front_number() == 3);
}

TEST_CASE("a piece without parts waits for those before it only") {
  completion_window<int> window;
  window.open(10, {a});
  window.open(20, {});
  CHECK_FALSE(window.front_is_complete());
  window.complete_part(1, a);
  CHECK(window.pop_front() == 10);
  CHECK(window.pop_front() == 20);
}

TEST_CASE("repeats, foreign symbols and numbers outside the window wait for nothing") {
  completion_window<int> window;
  window.open(10, {a, b});
  CHECK(window.find_waiting(0, a) == nullptr);
  CHECK(window.find_waiting(2, a) == nullptr);
  CHECK(window.find_waiting(1, c) == nullptr);
  REQUIRE(window.find_waiting(1, a) != nullptr);
  *window.find_waiting(1, a) = 11;
  window.complete_part(1, a);
  CHECK(window.find_waiting(1, a) == nullptr); // a repeat after a restart
  CHECK(window.at(1) == 11);
  window.complete_part(1, b);
  CHECK(window.pop_front() == 11);
  CHECK(window.find_waiting(1, b) == nullptr);
}

TEST_CASE("the pieces that wait for a symbol are listed oldest first") {
  completion_window<int> window;
  window.open(1, {a});
  window.open(2, {a, b});
  window.open(3, {b});
  window.open(4, {a});
  window.complete_part(1, a);
  window.pop_front();
  CHECK(window.waiting_for(a) == std::deque<std::uint64_t>{2, 4});
  CHECK(window.waiting_for(b) == std::deque<std::uint64_t>{2, 3});
  CHECK(window.waiting_for(c).empty());
}

TEST_CASE("parts that finish in any order give every piece once and in order") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    completion_window<std::uint64_t> window;
    std::vector<std::pair<std::uint64_t, symbol_id>> waiting;
    std::uint64_t opened = 0, left = 0;
    while (left < 500) {
      if (opened < 500 && random.below(3) == 0) {
        std::set<symbol_id> parts;
        for (auto n = random.below(5); n > 0; --n)
          parts.insert(symbol_id{static_cast<std::uint32_t>(random.below(8))});
        auto number = window.open(opened + 1, parts);
        CHECK(number == ++opened);
        for (auto part : parts)
          waiting.emplace_back(number, part);
      } else if (!waiting.empty()) {
        auto& chosen = waiting[static_cast<std::size_t>(random.below(std::ssize(waiting)))];
        REQUIRE(window.find_waiting(chosen.first, chosen.second) != nullptr);
        window.complete_part(chosen.first, chosen.second);
        std::swap(chosen, waiting.back());
        waiting.pop_back();
      }
      while (window.front_is_complete())
        CHECK(window.pop_front() == ++left);
    }
    CHECK(waiting.empty());
  }
}
