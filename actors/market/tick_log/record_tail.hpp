// Reads the records of a tick log from its write-ahead files, beside the process that appends to
// them: takes no lock and shares nothing with it but the files. For subscriptions.
#pragma once

#include "actors/market/tick_log/record_format.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <filesystem>
#include <list>
#include <optional>
#include <string>

namespace tickmesh {

/// One write-ahead file, read front to back. Holds a chunk of it. For one thread.
class wal_file_reader {
public:
  /// Nothing where there is no such file.
  static result<std::optional<wal_file_reader>> open(file_system& files,
                                                     const std::filesystem::path& path);

  /// Goes on to the first record from `number` on; null behind the last whole one. Its header is
  /// read, and may be damaged. Fails on damage that shows in a header.
  result<const log_record*> seek(record_number number);
  /// Reads the record that `seek` has found, and goes on behind it. Fails when it is damaged. Valid
  /// until the next call.
  result<const log_record*> take();

  const std::filesystem::path& path() const { return file_.path(); }

private:
  explicit wal_file_reader(log_file file) : file_(std::move(file)) {}

  result<bool> parse_header();
  tl::unexpected<fault> damage() const;

  log_file file_;
  std::uint64_t offset_ = 0;
  std::string chunk_; ///< bytes from chunk_begin_ on
  std::uint64_t chunk_begin_ = 0;
  framed_record parsed_;
};

/// Record after record, whichever file each is in. For one thread. Holds a chunk of each file that
/// it reads from: one a trading day that records are being appended to.
class record_tail {
public:
  explicit record_tail(std::filesystem::path root, file_system& files = posix_file_system())
      : root_(std::move(root)), files_(files) {}

  /// The record `number`, which must have been appended, and be above that of the call before;
  /// null when no write-ahead file has it any more. Valid until the next call. Fails on damage and
  /// read errors.
  result<const log_record*> read(record_number number);

private:
  result<const log_record*> read_from_new_file(record_number number);

  std::filesystem::path root_;
  file_system& files_;
  std::list<wal_file_reader> open_;
};

} // namespace tickmesh
