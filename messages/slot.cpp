#include "messages/slot.hpp"

#include <fmt/format.h>

namespace tickmesh {

std::string format_slot(slot_name slot) {
  return fmt::format("{}/{}", to_string(slot.of), slot.index);
}

} // namespace tickmesh
