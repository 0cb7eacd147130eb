// What is wrong with bytes that should be text: names and reasons from outside, which else would
// show as something else than what was meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// `has a byte that is no UTF-8 (0xff, number 3); allowed: UTF-8`; nothing for what is UTF-8.
std::optional<std::string> describe_non_utf8(std::string_view text);

} // namespace tickmesh
