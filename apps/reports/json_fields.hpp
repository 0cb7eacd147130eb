// Values of reports as documents and as words.
#pragma once

#include "runtime/results/json_text.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace tickmesh {

inline nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json{} : nlohmann::ordered_json(text);
}

inline nlohmann::ordered_json text_or_null(const std::optional<std::string>& text) {
  return text ? nlohmann::ordered_json(*text) : nlohmann::ordered_json{};
}

/// A value as people read it; `otherwise` for null.
inline std::string text_of(const nlohmann::ordered_json& value, const char* otherwise = "-") {
  if (value.is_null()) return otherwise;
  return value.is_string() ? value.get<std::string>() : json_text(value);
}

/// The same of a member, which is there.
inline std::string text(const nlohmann::ordered_json& object, const char* key,
                        const char* otherwise = "-") {
  return text_of(object.at(key), otherwise);
}

} // namespace tickmesh
