// Reads ticks from a tick log's directory: by symbol and number, by symbol and time, whole days in
// columns, rejected ticks, and a complete check. Takes no lock, so it may read beside a writer.
#pragma once

#include "actors/market/tick_log/tick_block.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "messages/result.hpp"
#include "messages/tick.hpp"
#include "runtime/log/file_system.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh {

/// A rejected tick in the quarantine, as the source had it.
struct rejected_tick {
  tick record{};
  reject_reason reason{};
  record_number logged_in{};
};

struct logged_day {
  std::int32_t trading_day = 0;     ///< yyyymmdd
  std::uint64_t ticks = 0;          ///< accepted
  std::uint64_t rejected = 0;       ///< rejected ticks
  std::uint64_t block_bytes = 0;    ///< of sealed files
  std::uint64_t unsealed_bytes = 0; ///< of write-ahead files that are not sealed yet
  record_number first{};            ///< first and last record of the day
  record_number last{};
};

/// What the log has of a symbol on one day.
struct logged_symbol {
  symbol_id symbol{};
  std::uint64_t ticks = 0;
  sequence first{};
  sequence last{};
  timestamp begin{}; ///< effective times
  timestamp end{};
};

/// Something wrong in a file of the log.
struct log_damage {
  std::filesystem::path file;
  std::uint64_t offset = 0;
  std::string what;
};

struct verification {
  std::uint64_t files = 0;
  std::uint64_t records = 0; ///< in write-ahead files
  std::uint64_t ticks = 0;   ///< each once, sealed or not
  std::uint64_t rejected = 0;
  std::vector<log_damage> damages; ///< none: all is well
};

class tick_log_files;

/// What the log held when the reader was opened. For one thread. Indexes are loaded when first
/// needed and then kept. An incomplete record at the end of the log is not there yet.
class tick_log_reader {
public:
  static result<tick_log_reader> open(const std::filesystem::path& root,
                                      file_system& files = posix_file_system());

  tick_log_reader(tick_log_reader&&) noexcept;
  tick_log_reader& operator=(tick_log_reader&&) noexcept;
  ~tick_log_reader();

  result<std::vector<logged_day>> days();
  result<std::vector<logged_symbol>> symbols(std::int32_t trading_day); ///< by id

  /// Appends the ticks [first, last] of a symbol in order, each once. A number that is not there is
  /// skipped.
  result<void> ticks_by_number(symbol_id symbol, sequence first, sequence last,
                               std::vector<tick>& out);

  /// Appends the ticks of a symbol with `begin` <= effective time < `end` in order, each once.
  result<void> ticks_by_time(symbol_id symbol, timestamp begin, timestamp end,
                             std::vector<tick>& out);

  /// Appends at most `count` of the newest ticks of a symbol, newest first. Those of days that were
  /// dropped count as far as they are kept (see newest_ticks).
  result<void> last_ticks(symbol_id symbol, std::size_t count, std::vector<tick>& out);

  /// Calls `visit` with each block of a day: by write-ahead file, then by symbol, then by number. A
  /// block's columns are decoded when asked for. What is not sealed yet comes in blocks too.
  result<void> scan(std::int32_t trading_day,
                    const std::function<result<void>(tick_block_reader&)>& visit);

  /// Appends the rejected ticks of a day that were logged after a record, in order.
  result<void> rejected(std::int32_t trading_day, record_number after,
                        std::vector<rejected_tick>& out);

  /// Reads everything and checks it: checksums, indexes against contents, numbers without holes.
  /// Damage is in the result; a fault means that a directory could not be read.
  result<verification> verify();

private:
  explicit tick_log_reader(std::unique_ptr<tick_log_files> files);

  std::unique_ptr<tick_log_files> files_;
};

} // namespace tickmesh
