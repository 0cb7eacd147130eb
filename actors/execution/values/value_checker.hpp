// Narrows what Protobuf has read to the types of the program. Used by the codecs of this folder.
#pragma once

#include "messages/enumerators.hpp"
#include "messages/order.hpp"
#include "messages/result.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tickmesh {

/// Keeps the first fault: a value that the type does not have.
class value_checker {
public:
  template <class Enum>
  Enum enumerator(std::uint32_t value, std::string_view what) {
    if (value >= enumerator_count<Enum>)
      refuse(fmt::format("{} is no {}; a newer version may have written it", value, what));
    return static_cast<Enum>(value);
  }

  template <class Unsigned>
  Unsigned number(std::uint32_t value, std::string_view what) {
    constexpr std::uint32_t value_max = std::numeric_limits<Unsigned>::max();
    if (value > value_max) refuse(fmt::format("{} is no {}; at most {}", value, what, value_max));
    return static_cast<Unsigned>(value);
  }

  broker_id broker(std::uint32_t value) {
    return broker_id{number<broker_id::rep>(value, "broker")};
  }

  /// `read`, or the first fault of what it was read from.
  template <class Value>
  result<Value> finish(Value read) const {
    if (first_) return tl::make_unexpected(*first_);
    return read;
  }

private:
  void refuse(std::string why) {
    if (!first_) first_ = fault{std::move(why)};
  }

  std::optional<fault> first_;
};

} // namespace tickmesh
