// Columns of integers as files that numpy.load reads (`.npy`, format 1.0).
#pragma once

#include "messages/result.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>

namespace tickmesh {

/// One column. The number of rows stands at the front of the file, so it is given first.
/// Format: numpy.lib.format, version 1.0.
class npy_writer {
public:
  /// Creates or replaces the file. Fails with the path.
  static result<npy_writer> create(const std::filesystem::path& path, std::uint64_t rows);

  void append(std::span<const std::int64_t> values);

  /// Fails, with the path, when the file is not written completely.
  result<void> finish();

private:
  npy_writer(std::filesystem::path path, std::ofstream file, std::uint64_t rows)
      : path_(std::move(path)), file_(std::move(file)), missing_(rows) {}

  std::filesystem::path path_;
  std::ofstream file_;
  std::uint64_t missing_; ///< rows that are not appended yet
};

} // namespace tickmesh
