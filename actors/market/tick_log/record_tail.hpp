// Reads the records of a tick log one after the other from its write-ahead files, beside the
// process that appends to them: takes no lock and shares nothing but the files.
#pragma once

#include "actors/market/tick_log/log_file.hpp"
#include "actors/market/tick_log/record_format.hpp"
#include "actors/market/tick_log/tick_log.hpp"

#include <cstdint>
#include <filesystem>
#include <list>
#include <string>

namespace tickmesh {

/// For one thread. Holds a chunk of each file that it reads from: one a trading day that records
/// are being appended to.
class record_tail {
public:
  explicit record_tail(std::filesystem::path root, file_system& files = posix_file_system())
      : root_(std::move(root)), files_(files) {}

  /// The record `number`, which must have been appended, and be above that of the call before;
  /// null when no write-ahead file has it any more. Valid until the next call. Fails on damage and
  /// read errors.
  result<const log_record*> read(record_number number);

private:
  /// A file, and the place in it that is read next.
  struct open_file {
    log_file file;
    record_number first{};
    std::uint64_t offset = 0;
    std::string chunk; ///< bytes from `chunk_begin` on
    std::uint64_t chunk_begin = 0;
  };

  result<bool> find_in(open_file& in, record_number number);
  result<bool> parse(open_file& in, bool whole);
  result<bool> open_file_with(record_number number);

  std::filesystem::path root_;
  file_system& files_;
  std::list<open_file> open_;
  parsed_record parsed_;
};

} // namespace tickmesh
