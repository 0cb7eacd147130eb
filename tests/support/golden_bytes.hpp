// Committed bytes of every format that stands on a wire or on disk: tests/golden.
#pragma once

#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace tickmesh {

inline std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0 && i % 48 == 0) out += '\n';
    out += digits[static_cast<unsigned char>(bytes[i]) >> 4U];
    out += digits[static_cast<unsigned char>(bytes[i]) & 15U];
  }
  return out + '\n';
}

inline std::string from_hex(std::string_view text) {
  std::string out, pair;
  for (char c : text) {
    if (c == '\n') continue;
    pair += c;
    if (pair.size() < 2) continue;
    out += static_cast<char>(std::stoi(pair, nullptr, 16));
    pair.clear();
  }
  return out;
}

/// The committed bytes of a format that is read, but not written any more.
inline std::string older_golden_bytes(const std::string& name) {
  std::ifstream file{source_path("tests/golden/" + name), std::ios::binary};
  REQUIRE_MESSAGE(file.good(), name, " is missing");
  return from_hex(std::string{std::istreambuf_iterator<char>{file}, {}});
}

/// The committed bytes of a format, which today's encoder must write exactly: `now` is what it
/// writes. Files of text are committed as they are, all others in hexadecimal. With
/// TICKMESH_GOLDEN=write in the environment, `now` is put in the file's place.
inline std::string golden_bytes(const std::string& name, const std::string& now) {
  bool is_hex = name.ends_with(".hex");
  auto path = source_path("tests/golden/" + name);
  auto* wish = std::getenv("TICKMESH_GOLDEN");
  if (wish != nullptr && std::string_view{wish} == "write")
    std::ofstream{path, std::ios::binary} << (is_hex ? to_hex(now) : now);
  std::ifstream file{path, std::ios::binary};
  REQUIRE_MESSAGE(file.good(), path, " is missing; tests/README.md says how to make it");
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  auto bytes = is_hex ? from_hex(text) : text;
  CHECK_MESSAGE(bytes == now, name, ": today's encoder writes other bytes:\n", to_hex(now));
  return bytes;
}

} // namespace tickmesh
