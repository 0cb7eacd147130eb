// A hash over what a source yields, in an order of bytes that no machine changes.
#pragma once

#include "messages/tick.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

struct XXH3_state_s;

namespace tickmesh {

/// XXH3 (64 bit) over values as little-endian words, strings with their length before them.
class fingerprint_builder {
public:
  fingerprint_builder();

  void add(std::int64_t value);
  void add(std::string_view text);

  /// All that a feed sets, with the merge key in `effective_time`.
  void add(const tick& record);

  std::uint64_t value() const;

private:
  struct state_deleter {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, state_deleter> state_;
};

} // namespace tickmesh
