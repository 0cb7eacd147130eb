#include "actors/calc/slot/crash_place.hpp"

#include <fmt/format.h>

namespace tickmesh {

std::string format_place(const crash_place& at) {
  if (at.is_mark) return "the time mark " + format_timestamp(at.mark);
  if (at.first != at.last)
    return fmt::format("one of the ticks {} to {}", at.first.value, at.last.value);
  return fmt::format("tick {} (record {} of its source)", at.first.value, at.record.value);
}

} // namespace tickmesh
