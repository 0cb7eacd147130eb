// Days as yyyymmdd, and as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// Reads `20240103` or `2024-01-03`; nothing for what is no day of the calendar.
std::optional<std::int32_t> parse_day(std::string_view text);

/// `2024-01-03` of 20240103; of what is no day, the number.
std::string format_day(std::int32_t yyyymmdd);

} // namespace tickmesh
