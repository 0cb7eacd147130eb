#include "runtime/settings/text_fault.hpp"

#include "messages/utf8.hpp"

#include <fmt/format.h>

namespace tickmesh {

std::optional<std::string> describe_non_utf8(std::string_view text) {
  auto place = find_non_utf8(text);
  if (!place) return std::nullopt;
  return fmt::format("has a byte that is no UTF-8 (0x{:02x}, number {}); allowed: UTF-8",
                     static_cast<unsigned char>(text[*place]), *place + 1);
}

} // namespace tickmesh
