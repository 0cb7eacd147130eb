// The only way in which JSON is written: what comes from outside may hold any bytes, and the
// library throws on those that are no UTF-8. scripts/check_text.py sees to it.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace tickmesh {

/// `indent` columns a level; below 0: one line. Bytes that are no UTF-8 become U+FFFD.
template <class Json>
std::string json_text(const Json& document, int indent = -1) {
  auto any = Json::error_handler_t::replace;
  return document.dump(indent, ' ', false, any); // allowed: the one place
}

} // namespace tickmesh
