#include "actors/market/transfer/npy_writer.hpp"

#include <fmt/format.h>

#include <bit>

namespace tickmesh {

static_assert(std::endian::native == std::endian::little, "'<i8' is how numbers lie in memory");

result<npy_writer> npy_writer::create(const std::filesystem::path& path, std::uint64_t rows) {
  auto header = fmt::format("{{'descr': '<i8', 'fortran_order': False, 'shape': ({},), }}", rows);
  constexpr std::size_t front = 10; // magic, version and the header's length
  auto padding = 64 - (front + header.size() + 1) % 64;
  header.append(padding % 64, ' ') += '\n';
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file.write("\x93NUMPY\x01\x00", 8);
  file.put(static_cast<char>(header.size() & 0xff));
  file.put(static_cast<char>(header.size() >> 8));
  file << header;
  if (!file) return fail(fmt::format("{}: can't be written", path.string()));
  return npy_writer{path, std::move(file), rows};
}

void npy_writer::append(std::span<const std::int64_t> values) {
  file_.write(reinterpret_cast<const char*>(values.data()),
              static_cast<std::streamsize>(values.size_bytes()));
  missing_ -= values.size();
}

result<void> npy_writer::finish() {
  file_.close();
  if (!file_) return fail(fmt::format("{}: can't be written; is the disk full?", path_.string()));
  if (missing_ != 0)
    return fail(fmt::format("{}: the log has not as many ticks as its index says", path_.string()));
  return {};
}

} // namespace tickmesh
