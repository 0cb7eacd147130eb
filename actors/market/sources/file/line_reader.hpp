// Lines of a plain or compressed text file, decoded as they are read.
#pragma once

#include "messages/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tickmesh {

/// Bytes from outside, in pieces.
class byte_source {
public:
  virtual ~byte_source() = default;

  /// Appends at least one byte to `out`, or none at the end. The fault says why it cannot, without
  /// the file's name.
  virtual result<void> read(std::string& out) = 0;
};

/// A text file line by line; `\n` and `\r\n` end a line. A byte order mark of UTF-8 at the start of
/// a line is passed over: files that were joined have some in the middle. Text of 16 or 32 bits and
/// NUL bytes are faults.
class line_reader {
public:
  /// A longer line is a fault: it is no text file of ours.
  static constexpr std::size_t line_length_max = 65'536;

  /// Names that `open` takes: plain files, and compressed ones.
  static constexpr std::string_view known_names = ".csv, .csv.xz, .csv.gz or .csv.zst";
  static bool is_known_name(std::string_view path);

  /// Opens a regular file; the end of its name says how it is read.
  static result<line_reader> open(const std::string& path);

  /// False at the end. `line` is valid until the next call.
  result<bool> next(std::string_view& line);

  /// Of the line that `next` gave last; the first is 1.
  std::uint64_t line_number() const { return line_number_; }

  /// True when the line that `next` gave last ends with the file, without a line break: it can't be
  /// told from a truncated line.
  bool is_cut_off() const { return is_cut_off_; }

private:
  line_reader(std::string path, std::unique_ptr<byte_source> bytes);

  std::string path_;
  std::unique_ptr<byte_source> bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;   ///< of what has not been given out yet
  std::size_t scanned_ = 0; ///< no line break stands in [begin_, scanned_)
  std::uint64_t line_number_ = 0;
  bool is_cut_off_ = false;
};

} // namespace tickmesh
