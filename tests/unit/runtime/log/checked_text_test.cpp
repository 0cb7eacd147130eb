#include "runtime/log/checked_text.hpp"

#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tickmesh::checked_text_test {

namespace {

constexpr std::string_view header = "some state 1\n";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void put(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

} // namespace

TEST_CASE("lines are read back, and none where there is no file") {
  temporary_directory directory;
  auto path = directory.path() / "state";
  auto& files = posix_file_system();
  CHECK(read_checked_text(files, path, header, "mend it").value() == "");
  REQUIRE(write_checked_text(files, path, header, "a 1\nb 2\n"));
  CHECK(read_checked_text(files, path, header, "mend it").value() == "a 1\nb 2\n");
  CHECK(content_of(path).starts_with("some state 1\na 1\nb 2\nchecksum "));
}

TEST_CASE("a byte that changed, a cut file and another header are a fault with its remedy") {
  temporary_directory directory;
  auto path = directory.path() / "state";
  auto& files = posix_file_system();
  REQUIRE(write_checked_text(files, path, header, "a 1\n"));
  auto good = content_of(path);
  for (std::size_t at = 0; at < good.size(); ++at) {
    CAPTURE(at);
    auto changed = good;
    changed[at] ^= 1;
    put(path, changed);
    auto read = read_checked_text(files, path, header, "mend it");
    REQUIRE(!read);
    CHECK(read.error().message ==
          path.string() + ": the file is corrupt: its checksum does not fit its content; mend it");
    if (at == 0) continue; // an empty file is an absent one
    put(path, good.substr(0, at));
    CHECK(!read_checked_text(files, path, header, "mend it"));
  }
  put(path, good);
  CHECK(!read_checked_text(files, path, "other state 1\n", "mend it"));
}

} // namespace tickmesh::checked_text_test
