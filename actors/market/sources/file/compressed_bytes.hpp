// Bytes of compressed files, decompressed as they are read.
#pragma once

#include "actors/market/sources/file/line_reader.hpp"

#include <cstdio>
#include <memory>

namespace tickmesh {

struct file_closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using file_handle = std::unique_ptr<std::FILE, file_closer>;

/// "cannot be read: ", and why, after a call that has set errno to `code`.
fault read_fault(int code);

/// Contents of a .xz, .gz or .zst file, several streams in a row included. Bytes that are damaged,
/// cut off, or of another kind are faults, by the checksums of each format; so is what needs more
/// than 256 MiB to decompress. Null when there is no memory for the decoder.
std::unique_ptr<byte_source> make_xz_bytes(file_handle file);
std::unique_ptr<byte_source> make_gzip_bytes(file_handle file);
std::unique_ptr<byte_source> make_zstd_bytes(file_handle file);

} // namespace tickmesh
