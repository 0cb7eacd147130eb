#include "messages/utf8.hpp"

namespace tickmesh {

namespace {

/// Length of the character at the front of `text`, which is not empty; 0 where it is malformed.
std::size_t character_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  if (lead >= 0xC2 && lead <= 0xDF)
    length = 2;
  else if (lead >= 0xE0 && lead <= 0xEF)
    length = 3;
  else if (lead >= 0xF0 && lead <= 0xF4)
    length = 4;
  if (length == 0 || text.size() < length) return 0;
  // The second byte excludes long forms, surrogates and what is beyond U+10FFFF.
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  return length;
}

} // namespace

std::optional<std::size_t> find_non_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto length = character_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::string replace_non_utf8(std::string_view text) {
  std::string out;
  while (auto at = find_non_utf8(text)) {
    out += text.substr(0, *at);
    out += "\xEF\xBF\xBD";
    text.remove_prefix(*at + 1);
  }
  return out += text;
}

} // namespace tickmesh
