// Where the source tree and the program under test are. Only source_tree.cpp is compiled with their
// paths, so that a compiler cache serves all other sources in any checkout.
#pragma once

#include <string>
#include <string_view>

namespace tickmesh {

/// Of a file or directory, named from the top of the source tree.
std::string source_path(std::string_view name);

/// The program `tickmesh` of this build.
std::string program_under_test();

} // namespace tickmesh
