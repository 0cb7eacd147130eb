// Files of blocks whose end is intact but can't be true.
#include "actors/market/tick_log/sealed_file.hpp"

#include "tests/support/checksums.hpp"
#include "tests/support/memory_files.hpp"

#include <doctest/doctest.h>
#include <zstd.h>

namespace tickmesh::sealed_file_test {

namespace {

/// A file of these blocks with an index of these entries, all checksums right.
std::string file_of(const std::string& blocks, const std::vector<block_entry>& entries) {
  auto bytes = entries.size() * sizeof(block_entry);
  std::string index(ZSTD_compressBound(bytes), '\0');
  index.resize(ZSTD_compress(index.data(), index.size(), entries.data(), bytes, 1));
  auto out = "TMTICKS3" + blocks;
  auto trailer = bytes_of(std::uint64_t{out.size()}) + bytes_of(std::uint64_t{entries.size()}) +
                 bytes_of(XXH3_64bits(index.data(), index.size()));
  return out + index + trailer + bytes_of(XXH3_64bits(trailer.data(), trailer.size()));
}

} // namespace

TEST_CASE("an index of more blocks than there is room for is refused before it takes memory") {
  memory_files files;
  std::string blocks(2 * block_header_bytes, '\0');
  files["two"] = file_of(blocks, std::vector<block_entry>(2));
  CHECK(sealed_reader::open(files, "two").has_value());
  files["three"] = file_of(blocks, std::vector<block_entry>(3));
  CHECK_FALSE(sealed_reader::open(files, "three").has_value());
}

TEST_CASE("a block that an index puts beyond the blocks is refused before it takes memory") {
  memory_files files;
  std::string blocks(100, '\0');
  block_entry within{.offset = 8, .bytes = 100}, longer = within, behind = within, beyond = within;
  longer.bytes = 101;
  behind.offset = 9;
  beyond.offset = UINT64_MAX;
  files["ticks"] = file_of(blocks, {within, longer, behind, beyond});
  auto file = sealed_reader::open(files, "ticks");
  REQUIRE(file.has_value());
  std::string memory;
  tick_block_reader block;
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    memory.clear();
    CHECK_FALSE(file->read_block(file->index()[i], memory, block).has_value());
    CHECK(memory.size() == (i == 0 ? 100 : 0));
  }
}

} // namespace tickmesh::sealed_file_test
