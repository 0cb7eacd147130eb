// Properties: what must hold of any input. RapidCheck draws the inputs, and shrinks one that breaks
// the property to the smallest that it finds. Its headers take long to compile, so that only
// *_property_test.cpp includes this.
#pragma once

#include "messages/numbers.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <sstream>
#include <type_traits>
#include <utility>
#include <vector>

namespace tickmesh {

/// The same inputs on every run, unless the environment wants others, or more of them:
/// `RC_PARAMS="seed=7 max_success=10000"`.
inline rc::detail::Configuration property_configuration() {
  rc::detail::Configuration out;
  out.testParams.seed = 1;
  out.testParams.maxSuccess = 1000;
  auto* given = std::getenv("RC_PARAMS");
  return given == nullptr ? out : rc::detail::configFromString(given, out);
}

/// Fails the test case where `property` does not hold, with the shrunk input. The property takes
/// its input as parameters or draws it (`*generator`), and says what must hold by RC_ASSERT.
template <class Property>
void check_property(const Property& property) {
  auto configuration = property_configuration();
  rc::detail::TestListenerAdapter silent;
  auto result =
      rc::detail::checkTestable(property, rc::detail::TestMetadata{}, configuration.testParams,
                                silent, configuration.reproduce);
  if (result.template is<rc::detail::SuccessResult>()) return;
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  FAIL_CHECK(message.str());
}

/// Prices and amounts, in counterexamples; RapidCheck finds it by its name.
template <class Tag, class Rep>
requires std::is_signed_v<Rep>
void showValue(const named_number<Tag, Rep>& number, std::ostream& out) {
  out << format_decimal(number.value);
}

/// For makers of random values, a source of numbers: those that were drawn, then zeros. Fewer and
/// smaller ones make smaller values.
class drawn_numbers {
public:
  explicit drawn_numbers(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}
  std::uint64_t operator()() { return next_ < numbers_.size() ? numbers_[next_++] : 0; }

private:
  std::vector<std::uint64_t> numbers_;
  std::size_t next_ = 0;
};

/// What `make(drawn_numbers)` makes.
template <class Make>
auto made_of_numbers(Make make) {
  constexpr double values_more = 4; // one value takes several numbers
  auto numbers = rc::gen::scale(values_more, rc::gen::arbitrary<std::vector<std::uint64_t>>());
  return rc::gen::map(std::move(numbers), [make](std::vector<std::uint64_t> drawn) {
    return make(drawn_numbers{std::move(drawn)});
  });
}

/// A number of either sign, nearer to 0 than `limit`; becomes 0 when it shrinks.
inline rc::Gen<std::int64_t> around_zero(std::int64_t limit) {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, 2 * limit - 1),
                      [](std::int64_t n) { return n % 2 == 0 ? n / 2 : -(n / 2) - 1; });
}

} // namespace tickmesh
