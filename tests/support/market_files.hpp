// Files and small sources for the tests of actors/market.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "actors/market/sources/open_source.hpp"

#include <doctest/doctest.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// A directory of its own that goes with the object.
class market_files {
public:
  market_files() {
    auto pattern = (std::filesystem::temp_directory_path() / "market_files_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
  }
  market_files(const market_files&) = delete;
  market_files& operator=(const market_files&) = delete;
  ~market_files() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  /// The path of a file with these bytes.
  std::string write(const std::string& name, std::string_view bytes) const {
    auto path = (directory_ / name).string();
    std::ofstream{path, std::ios::binary}.write(bytes.data(),
                                                static_cast<std::streamsize>(bytes.size()));
    return path;
  }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }

private:
  std::filesystem::path directory_;
};

inline std::string compress_xz(std::string_view text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  auto code = lzma_easy_buffer_encode(
      1, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
      reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size());
  REQUIRE(code == LZMA_OK);
  out.resize(size);
  return out;
}

inline std::string compress_gzip(std::string_view text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in{text};
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string compress_zstd(std::string_view text) {
  auto* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  auto size = ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size());
  ZSTD_freeCCtx(context);
  REQUIRE(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

struct compression {
  std::string name;   ///< in messages
  std::string ending; ///< of file names
  std::string (*compress)(std::string_view);
};
inline const std::vector<compression> compressions{
    {"xz", ".xz", compress_xz}, {"gzip", ".gz", compress_gzip}, {"zstd", ".zst", compress_zstd}};

inline constexpr std::string_view ctp_header =
    "TradingDay,ActionDay,UpdateTime,UpdateMillisec,InstrumentID,LastPrice,Volume,Turnover,"
    "OpenInterest,BidPrice1,BidVolume1,AskPrice1,AskVolume1\n";
inline constexpr std::string_view own_header =
    "timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume\n";
inline constexpr std::string_view quotes_header =
    "local_ts_ns,exch_ts_ms,symbol,bid1,bid_vol1,ask1,ask_vol1\n";
inline constexpr std::string_view trades_header =
    "local_ts_ns,exch_ts_ms,symbol,trade_id,price,qty,aggressor\n";

inline source_settings file_source_settings(std::vector<std::string> paths) {
  source_settings settings;
  settings.kind = source_kind::file;
  settings.file.paths = std::move(paths);
  return settings;
}

inline instrument make_instrument(std::string pattern, std::string exchange,
                                  std::string time_zone = "UTC") {
  instrument entry;
  entry.pattern = std::move(pattern);
  entry.exchange = std::move(exchange);
  entry.time_zone = std::move(time_zone);
  return entry;
}

/// All records of a fresh cursor, marks left out.
inline std::vector<tick> read_records(const feed_source& source) {
  std::vector<tick> records;
  auto cursor = source.open();
  tick record;
  for (;;) {
    auto event = cursor->next(record);
    if (event == feed_event::end) return records;
    if (event == feed_event::record) records.push_back(record);
  }
}

/// The source of these settings, which must be good.
inline std::shared_ptr<const feed_source> load_good(const source_settings& settings,
                                                    const instrument_table& instruments = {}) {
  auto source = open_source(settings, instruments);
  REQUIRE_MESSAGE(source.has_value(), source.error().message);
  return *source;
}

/// The message of the fault that these settings must give.
inline std::string load_fault(const source_settings& settings,
                              const instrument_table& instruments = {}) {
  auto source = open_source(settings, instruments);
  REQUIRE(!source.has_value());
  return source.error().message;
}

/// The fault of a file with these bytes, from its name on, where no row may be malformed.
inline std::string fault_of(std::string_view bytes, const std::string& name = "ticks.csv") {
  market_files files;
  auto settings = file_source_settings({files.write(name, bytes)});
  settings.file.malformed_max = 0;
  auto message = load_fault(settings);
  auto start = message.find(name);
  REQUIRE_MESSAGE(start != std::string::npos, message);
  return message.substr(start);
}

} // namespace tickmesh
