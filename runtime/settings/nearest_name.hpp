// What somebody who mistyped a name may have meant. Used for settings, verbs and flags.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// Letters to insert, delete or change until one text is the other (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// `did you mean ...?` for a name within a third of its letters of a known one, else all of them.
std::string suggest_name(std::string_view name, const std::vector<std::string>& known);

} // namespace tickmesh
