#include "actors/market/line_reader.hpp"

#include <fmt/format.h>
#include <lzma.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

namespace tickmesh {

namespace {

constexpr std::size_t piece_size = 65'536;
constexpr std::uint64_t xz_memory_max = 256ull << 20; // `xz -9` needs 65 MiB

struct file_closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using file_handle = std::unique_ptr<std::FILE, file_closer>;

std::string system_message(int code) {
  return std::generic_category().message(code);
}

class plain_bytes final : public byte_source {
public:
  explicit plain_bytes(file_handle file) : file_(std::move(file)) {}

  result<void> read(std::string& out) override {
    auto old_size = out.size();
    out.resize(old_size + piece_size);
    errno = 0;
    auto count = std::fread(out.data() + old_size, 1, piece_size, file_.get());
    auto code = errno;
    out.resize(old_size + count);
    if (count == 0 && std::ferror(file_.get()))
      return fail(fmt::format("cannot be read: {}", system_message(code)));
    return {};
  }

private:
  file_handle file_;
};

class xz_bytes final : public byte_source {
public:
  explicit xz_bytes(file_handle file) : file_(std::move(file)) {}
  xz_bytes(const xz_bytes&) = delete;
  xz_bytes& operator=(const xz_bytes&) = delete;
  ~xz_bytes() override { lzma_end(&stream_); }

  /// False when there is no memory for the decoder.
  bool start() {
    return lzma_stream_decoder(&stream_, xz_memory_max, LZMA_CONCATENATED) == LZMA_OK;
  }

  result<void> read(std::string& out) override {
    auto old_size = out.size();
    out.resize(old_size + piece_size);
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data() + old_size);
    stream_.avail_out = piece_size;
    auto state = finished_ ? LZMA_STREAM_END : LZMA_OK;
    while (state == LZMA_OK && stream_.avail_out == piece_size) {
      if (auto refilled = refill(); !refilled) {
        out.resize(old_size);
        return refilled;
      }
      state = lzma_code(&stream_, at_end_ ? LZMA_FINISH : LZMA_RUN);
    }
    out.resize(old_size + piece_size - stream_.avail_out);
    finished_ = state == LZMA_STREAM_END;
    if (state == LZMA_OK || finished_) return {};
    return fail(describe(state));
  }

private:
  result<void> refill() {
    if (stream_.avail_in > 0 || at_end_) return {};
    errno = 0;
    auto count = std::fread(input_.data(), 1, input_.size(), file_.get());
    if (count == 0 && std::ferror(file_.get()))
      return fail(fmt::format("cannot be read: {}", system_message(errno)));
    at_end_ = count < input_.size() && std::feof(file_.get());
    stream_.next_in = input_.data();
    stream_.avail_in = count;
    return {};
  }

  static std::string describe(lzma_ret state) {
    switch (state) {
    case LZMA_FORMAT_ERROR: return "is not an xz file, as its name says";
    case LZMA_BUF_ERROR: return "is a truncated xz file";
    case LZMA_DATA_ERROR: return "is a damaged xz file";
    case LZMA_MEMLIMIT_ERROR: return "needs more than 256 MiB to decompress";
    default:
      return fmt::format("cannot be decompressed: liblzma error {}", static_cast<int>(state));
    }
  }

  file_handle file_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  std::vector<std::uint8_t> input_ = std::vector<std::uint8_t>(piece_size);
  bool at_end_ = false;
  bool finished_ = false;
};

} // namespace

line_reader::line_reader(std::string path, std::unique_ptr<byte_source> bytes)
    : path_(std::move(path)), bytes_(std::move(bytes)) {}

result<line_reader> line_reader::open(const std::string& path) {
  bool compressed = path.ends_with(".csv.xz");
  if (!compressed && !path.ends_with(".csv"))
    return fail(fmt::format("{}: the name must end in .csv or .csv.xz", path));
  std::error_code code;
  auto status = std::filesystem::status(path, code);
  if (!std::filesystem::exists(status))
    return fail(fmt::format("{}: cannot be opened: {}", path,
                            code ? code.message() : system_message(ENOENT)));
  if (!std::filesystem::is_regular_file(status)) // a pipe could block for ever
    return fail(fmt::format("{}: is not a regular file", path));
  file_handle file{std::fopen(path.c_str(), "rb")};
  if (!file) return fail(fmt::format("{}: cannot be opened: {}", path, system_message(errno)));
  if (!compressed) return line_reader{path, std::make_unique<plain_bytes>(std::move(file))};
  auto bytes = std::make_unique<xz_bytes>(std::move(file));
  if (!bytes->start()) return fail(fmt::format("{}: no memory to decompress it", path));
  return line_reader{path, std::move(bytes)};
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
      return fail(fmt::format("{}:{}: the last line has no line break; the file may be truncated",
                              path_, line_number_ + 1));
    }
    end = buffer_.find('\n', scanned_);
  }
  line = std::string_view{buffer_}.substr(begin_, end - begin_);
  begin_ = scanned_ = end + 1;
  ++line_number_;
  if (line.find('\0') != std::string_view::npos)
    return fail(fmt::format("{}:{}: holds a NUL byte: not a text file", path_, line_number_));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line_number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3); // UTF-8 mark
  return true;
}

} // namespace tickmesh
