// Why a host could not be connected to: whether that proves that nothing is there.
#pragma once

#include <caf/all.hpp>

#include <string>

namespace tickmesh {

/// `is_refused`: the machine answers, and nothing listens there.
inline caf::error make_connect_failure(std::string problem, bool is_refused) {
  return caf::make_error(caf::sec::cannot_connect_to_node, std::move(problem), is_refused);
}

/// False for errors of other origin.
inline bool is_refused(const caf::error& why) {
  auto& context = why.context();
  return why == caf::sec::cannot_connect_to_node && context.size() == 2 &&
         context.match_element<bool>(1) && context.get_as<bool>(1);
}

} // namespace tickmesh
