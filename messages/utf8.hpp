// Whether bytes from outside are text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// Where the first byte stands that is no part of well-formed UTF-8 (Unicode 15, table 3-7);
/// nothing when all are.
std::optional<std::size_t> find_non_utf8(std::string_view text);

/// `text` with U+FFFD in place of each such byte: what people wrote, for a message whose receivers
/// take nothing but text.
std::string replace_non_utf8(std::string_view text);

} // namespace tickmesh
