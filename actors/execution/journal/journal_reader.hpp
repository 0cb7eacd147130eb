// Reads the records of a journal front to back: for recovery, for questions about past orders, and
// for trials of other limits. Takes no lock, so it may read beside the process that appends.
#pragma once

#include "actors/execution/journal/journal_record.hpp"
#include "messages/result.hpp"
#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tickmesh {

/// Holds a chunk of one file. For one thread.
class journal_reader {
public:
  /// Begins at the first record that is kept.
  explicit journal_reader(std::filesystem::path directory,
                          file_system& files = posix_file_system());

  /// Lets `next` go on with the record that holds `event`, which may still have to be appended.
  /// Fails when it is not kept any more. A search among the files, and then through one of them.
  result<void> seek(std::uint64_t event);

  /// The next record, valid until the next call; null behind the last complete one. After null, a
  /// later call gives what has been appended meanwhile. Fails on damage that intact records or
  /// another file follow, on missing files and on read errors; the fault names file and offset.
  result<const journal_record*> next();

  /// Where the record that `next` gave stands.
  const std::filesystem::path& file() const { return file_.path(); }
  std::uint64_t offset() const { return record_offset_; }

private:
  enum class found : std::uint8_t { record, nothing, part };

  result<bool> open_first();
  result<bool> open_next();
  result<void> open(std::uint64_t first_event);
  result<found> peek();
  result<void> fill(std::size_t bytes);
  result<bool> is_followed();
  tl::unexpected<fault> fault_at(std::string_view what) const;

  std::filesystem::path directory_;
  file_system& files_;
  std::uint64_t wanted_ = 1;   ///< records that end before this event are passed over
  bool may_begin_late_ = true; ///< `wanted_` stands for "whatever is kept"
  log_file file_;
  std::uint64_t expected_ = 0; ///< first event of the record at `offset_`
  std::uint64_t offset_ = 0;
  std::uint64_t record_offset_ = 0;
  std::string chunk_; ///< bytes from chunk_begin_ on
  std::uint64_t chunk_begin_ = 0;
  parsed_journal_record parsed_;
};

} // namespace tickmesh
