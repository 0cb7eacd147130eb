#include "tests/support/source_tree.hpp"

namespace tickmesh {

std::string source_path(std::string_view name) {
  return std::string{TICKMESH_SOURCE_DIR "/"}.append(name);
}

std::string program_under_test() {
  return TICKMESH_PROGRAM;
}

} // namespace tickmesh
