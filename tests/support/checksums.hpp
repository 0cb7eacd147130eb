// Puts right what stands before most parsers' code: checksums, which a fuzzer does not guess.
#pragma once

#include <fmt/format.h>
#include <xxhash.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tickmesh {

/// A file of text lines whose last line, `checksum N`, fits what stands before it.
inline std::string with_checksum_line(std::string_view bytes) {
  std::string body{bytes.substr(0, bytes.rfind("checksum "))};
  return body + fmt::format("checksum {:016x}\n", XXH3_64bits(body.data(), body.size()));
}

/// `number` as it stands in files: little-endian, in all its bytes.
template <class Number>
std::string bytes_of(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

} // namespace tickmesh
