// How a log's files are called: by the number of the first record that they hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// `events-000000000001.journal`: the number stands between prefix and suffix.
std::string numbered_name(std::string_view prefix, std::uint64_t first, std::string_view suffix);

/// The number in such a name, as numbered_name writes it; nothing for another name.
std::optional<std::uint64_t> parse_numbered_name(std::string_view name, std::string_view prefix,
                                                 std::string_view suffix);

} // namespace tickmesh
