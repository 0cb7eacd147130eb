#include "actors/market/sources/file/line_reader.hpp"

#include "actors/market/feed/read_ahead.hpp"
#include "actors/market/sources/file/compressed_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

namespace tickmesh {

namespace {

constexpr std::size_t read_piece_size = 65'536;

class plain_bytes final : public byte_source {
public:
  explicit plain_bytes(file_handle file) : file_(std::move(file)) {}

  result<void> read(std::string& out) override {
    auto old_size = out.size();
    out.resize(old_size + read_piece_size);
    errno = 0;
    auto count = std::fread(out.data() + old_size, 1, read_piece_size, file_.get());
    auto code = errno;
    out.resize(old_size + count);
    if (count == 0 && std::ferror(file_.get())) return tl::make_unexpected(read_fault(code));
    return {};
  }

private:
  file_handle file_;
};

std::unique_ptr<byte_source> make_plain_bytes(file_handle file) {
  return std::make_unique<plain_bytes>(std::move(file));
}

/// Bytes that a thread of its own reads and decompresses.
class bytes_ahead final : public byte_source {
public:
  explicit bytes_ahead(std::unique_ptr<byte_source> from) : from_(std::move(from)) {}

  result<void> read(std::string& out) override {
    auto* piece = ahead_.next();
    if (piece != nullptr)
      out += *piece;
    else if (fault_)
      return tl::make_unexpected(*fault_);
    return {};
  }

private:
  static constexpr std::size_t piece_size_min = 256 << 10;

  void read_piece(std::string& piece) {
    while (!fault_ && piece.size() < piece_size_min) {
      auto before = piece.size();
      if (auto read = from_->read(piece); !read) fault_ = read.error();
      if (piece.size() == before) break;
    }
  }

  std::unique_ptr<byte_source> from_;
  std::optional<fault> fault_; ///< behind what was read
  read_ahead<std::string> ahead_{[this](std::string& piece) { read_piece(piece); }};
};

/// How a file is read, by the end of its name.
struct file_kind {
  std::string_view ending;
  std::unique_ptr<byte_source> (*open)(file_handle);
};
constexpr std::array<file_kind, 4> file_kinds{{{".csv", make_plain_bytes},
                                               {".csv.xz", make_xz_bytes},
                                               {".csv.gz", make_gzip_bytes},
                                               {".csv.zst", make_zstd_bytes}}};

const file_kind* find_kind(std::string_view path) {
  for (auto& kind : file_kinds)
    if (path.ends_with(kind.ending)) return &kind;
  return nullptr;
}

std::string system_message(int code) {
  return std::generic_category().message(code);
}

/// UTF-16 and UTF-32 begin with their byte order mark, or have a NUL in every ASCII character.
bool is_wide_text(std::string_view line) {
  return line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF") ||
         (line.size() > 3 && (line[0] == '\0') != (line[1] == '\0') &&
          (line[2] == '\0') == (line[0] == '\0') && (line[3] == '\0') == (line[1] == '\0'));
}

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF"; // of UTF-8

} // namespace

bool line_reader::is_known_name(std::string_view path) {
  return find_kind(path) != nullptr;
}

line_reader::line_reader(std::string path, std::unique_ptr<byte_source> bytes)
    : path_(std::move(path)), bytes_(std::move(bytes)) {}

result<line_reader> line_reader::open(const std::string& path) {
  auto* kind = find_kind(path);
  if (kind == nullptr) return fail(fmt::format("{}: the name must end in {}", path, known_names));
  std::error_code code;
  auto status = std::filesystem::status(path, code);
  if (!std::filesystem::exists(status))
    return fail(fmt::format("{}: cannot be opened: {}", path,
                            code ? code.message() : system_message(ENOENT)));
  if (!std::filesystem::is_regular_file(status)) // a pipe could block for ever
    return fail(fmt::format("{}: is not a regular file", path));
  file_handle file{std::fopen(path.c_str(), "rb")};
  if (!file) return fail(fmt::format("{}: cannot be opened: {}", path, system_message(errno)));
  auto bytes = kind->open(std::move(file));
  if (bytes == nullptr) return fail(fmt::format("{}: no memory to decompress it", path));
  return line_reader{path, std::make_unique<bytes_ahead>(std::move(bytes))};
}

result<bool> line_reader::next(std::string_view& line) {
  auto end = buffer_.find('\n', scanned_);
  while (end == std::string::npos) {
    if (buffer_.size() - begin_ > line_length_max)
      return fail(fmt::format("{}:{}: the line is longer than {} bytes", path_, line_number_ + 1,
                              line_length_max));
    buffer_.erase(0, begin_);
    begin_ = 0;
    scanned_ = buffer_.size();
    if (auto read = bytes_->read(buffer_); !read)
      return fail(fmt::format("{}: {}", path_, read.error().message));
    if (buffer_.size() == scanned_) {
      if (buffer_.empty()) return false;
      is_cut_off_ = true;
      end = buffer_.size();
      break;
    }
    end = buffer_.find('\n', scanned_);
  }
  line = std::string_view{buffer_}.substr(begin_, end - begin_);
  begin_ = scanned_ = std::min(end + 1, buffer_.size());
  ++line_number_;
  if (line_number_ == 1 && is_wide_text(line))
    return fail(fmt::format("{}: is UTF-16 or UTF-32 text; convert it to UTF-8", path_));
  if (line.find('\0') != std::string_view::npos)
    return fail(fmt::format("{}:{}: holds a NUL byte: not a text file", path_, line_number_));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  return true;
}

} // namespace tickmesh
