#include "actors/market/sources/file/compressed_bytes.hpp"

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace tickmesh {

namespace {

constexpr std::size_t piece_size = 65'536;
constexpr std::uint64_t xz_memory_max = 256ull << 20; // `xz -9` needs 65 MiB
constexpr int zstd_window_log_max = 28;               // 256 MiB; `zstd --ultra -22` needs 128 MiB
constexpr int gzip_window_bits = 15 + 16;             // the largest window; gzip's frame alone

/// The compressed bytes of a file, a piece at a time.
class compressed_file {
public:
  explicit compressed_file(file_handle file) : file_(std::move(file)) {}

  /// Reads the next piece; an empty one is the end.
  result<std::string_view> next() {
    errno = 0;
    auto count = std::fread(piece_.data(), 1, piece_.size(), file_.get());
    if (count == 0 && std::ferror(file_.get())) return tl::make_unexpected(read_fault(errno));
    return std::string_view{piece_.data(), count};
  }

private:
  file_handle file_;
  std::vector<char> piece_ = std::vector<char>(piece_size);
};

/// What a decoder did with a piece.
struct decoded {
  std::size_t read = 0;    ///< bytes of the input
  std::size_t written = 0; ///< bytes of the output
  bool whole = false;      ///< a stream has just ended: the file may, too
  std::string fault{};     ///< empty: none
};

/// One format. Behind a stream's end, the next bytes begin another one.
class decoder {
public:
  virtual ~decoder() = default;
  virtual std::string_view name() const = 0; ///< "an xz file"

  /// `at_end`: nothing follows `in`.
  virtual decoded decode(std::string_view in, bool at_end, char* out, std::size_t size) = 0;
};

class compressed_bytes final : public byte_source {
public:
  compressed_bytes(file_handle file, std::unique_ptr<decoder> format)
      : file_(std::move(file)), decoder_(std::move(format)) {}

  result<void> read(std::string& out) override {
    auto old_size = out.size();
    out.resize(old_size + piece_size);
    std::size_t written = 0;
    while (written == 0) {
      if (in_.empty() && !at_end_) {
        auto piece = file_.next();
        if (!piece) {
          out.resize(old_size);
          return tl::make_unexpected(piece.error());
        }
        in_ = *piece;
        at_end_ = in_.empty();
      }
      if (at_end_ && whole_) break;
      auto step = decoder_->decode(in_, at_end_, out.data() + old_size, piece_size);
      in_.remove_prefix(step.read);
      written = step.written;
      if (step.whole || step.read > 0 || step.written > 0) whole_ = step.whole;
      auto why = std::move(step.fault);
      if (why.empty() && at_end_ && !whole_ && written == 0)
        why = fmt::format("is a truncated {} file", decoder_->name());
      bool stands_still = step.read == 0 && written == 0 && !in_.empty();
      if (why.empty() && stands_still) why = fmt::format("is a damaged {} file", decoder_->name());
      if (why.empty()) continue;
      out.resize(old_size);
      return fail(std::move(why));
    }
    out.resize(old_size + written);
    return {};
  }

private:
  compressed_file file_;
  std::unique_ptr<decoder> decoder_;
  std::string_view in_; ///< not decoded yet
  bool at_end_ = false;
  bool whole_ = false;
};

std::string not_of_kind(std::string_view article_and_name) {
  return fmt::format("is not {} file, as its name says", article_and_name);
}

class xz_decoder final : public decoder {
public:
  xz_decoder() = default;
  xz_decoder(const xz_decoder&) = delete;
  xz_decoder& operator=(const xz_decoder&) = delete;
  ~xz_decoder() override { lzma_end(&stream_); }

  bool start() {
    return lzma_stream_decoder(&stream_, xz_memory_max, LZMA_CONCATENATED) == LZMA_OK;
  }
  std::string_view name() const override { return "xz"; }

  decoded decode(std::string_view in, bool at_end, char* out, std::size_t size) override {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out);
    stream_.avail_out = size;
    auto state = lzma_code(&stream_, at_end ? LZMA_FINISH : LZMA_RUN);
    decoded done{in.size() - stream_.avail_in, size - stream_.avail_out, false, {}};
    // Only the end of the file tells the decoder that no further stream follows.
    done.whole = state == LZMA_STREAM_END;
    if (state != LZMA_OK && !done.whole) done.fault = describe(state);
    return done;
  }

private:
  static std::string describe(lzma_ret state) {
    switch (state) {
    case LZMA_FORMAT_ERROR: return not_of_kind("an xz");
    case LZMA_BUF_ERROR: return "is a truncated xz file";
    case LZMA_DATA_ERROR: return "is a damaged xz file";
    case LZMA_MEMLIMIT_ERROR: return "needs more than 256 MiB to decompress";
    default:
      return fmt::format("cannot be decompressed: liblzma error {}", static_cast<int>(state));
    }
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class gzip_decoder final : public decoder {
public:
  gzip_decoder() = default;
  gzip_decoder(const gzip_decoder&) = delete;
  gzip_decoder& operator=(const gzip_decoder&) = delete;
  ~gzip_decoder() override { inflateEnd(&stream_); }

  bool start() { return inflateInit2(&stream_, gzip_window_bits) == Z_OK; }
  std::string_view name() const override { return "gzip"; }

  decoded decode(std::string_view in, bool, char* out, std::size_t size) override {
    if (ended_ && inflateReset(&stream_) != Z_OK) return {0, 0, false, "cannot be decompressed"};
    ended_ = false;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data())); // it is only read
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(size);
    auto state = inflate(&stream_, Z_NO_FLUSH);
    decoded done{in.size() - stream_.avail_in, size - stream_.avail_out, false, {}};
    done.whole = ended_ = state == Z_STREAM_END;
    if (ended_) had_stream_ = true;
    if (state == Z_DATA_ERROR || state == Z_NEED_DICT)
      done.fault = stream_.total_in < header_bytes && !had_stream_ ? not_of_kind("a gzip")
                                                                   : "is a damaged gzip file";
    else if (state != Z_OK && state != Z_BUF_ERROR && !ended_)
      done.fault = fmt::format("cannot be decompressed: zlib error {}", state);
    return done;
  }

private:
  static constexpr uLong header_bytes = 10;

  z_stream stream_{};
  bool ended_ = false;
  bool had_stream_ = false;
};

class zstd_decoder final : public decoder {
public:
  zstd_decoder() : context_(ZSTD_createDCtx()) {}
  zstd_decoder(const zstd_decoder&) = delete;
  zstd_decoder& operator=(const zstd_decoder&) = delete;
  ~zstd_decoder() override { ZSTD_freeDCtx(context_); }

  bool start() {
    return context_ != nullptr && ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax,
                                                                      zstd_window_log_max)) == 0;
  }
  std::string_view name() const override { return "zstd"; }

  decoded decode(std::string_view in, bool, char* out, std::size_t size) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, size, 0};
    auto rest = ZSTD_decompressStream(context_, &output, &input);
    decoded done{input.pos, output.pos, rest == 0, {}};
    if (ZSTD_isError(rest) != 0) done.fault = describe(rest);
    return done;
  }

private:
  static std::string describe(std::size_t code) {
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_prefix_unknown: return not_of_kind("a zstd");
    case ZSTD_error_frameParameter_windowTooLarge: return "needs more than 256 MiB to decompress";
    case ZSTD_error_memory_allocation: return "cannot be decompressed: no memory";
    default: return "is a damaged zstd file";
    }
  }

  ZSTD_DCtx* context_;
};

template <class Format>
std::unique_ptr<byte_source> make_bytes(file_handle file) {
  auto format = std::make_unique<Format>();
  if (!format->start()) return nullptr;
  return std::make_unique<compressed_bytes>(std::move(file), std::move(format));
}

} // namespace

fault read_fault(int code) {
  return {fmt::format("cannot be read: {}", std::generic_category().message(code))};
}

std::unique_ptr<byte_source> make_xz_bytes(file_handle file) {
  return make_bytes<xz_decoder>(std::move(file));
}

std::unique_ptr<byte_source> make_gzip_bytes(file_handle file) {
  return make_bytes<gzip_decoder>(std::move(file));
}

std::unique_ptr<byte_source> make_zstd_bytes(file_handle file) {
  return make_bytes<zstd_decoder>(std::move(file));
}

} // namespace tickmesh
