// Settings of the market side: the source of ticks and the cleaning rules.
#pragma once

#include "messages/tick.hpp"
#include "runtime/log/log_durability.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// Thresholds of tick_cleaner; ratios are in 1e-8, and of |price|.
struct cleaning_settings {
  price price_max{999'999 * decimal_scale};     ///< exclusive
  std::int64_t spread_max = decimal_scale / 10; ///< (ask - bid) / |bid|, exclusive
  std::int64_t jump_band = decimal_scale / 10;  ///< |price - previous| / |previous|, inclusive
  std::uint32_t jump_confirm_count = 3;         ///< agreeing ticks that confirm a new level
  std::uint32_t duplicate_horizon = 64; ///< records of a symbol among which repeats are looked for
  price price_min{};                    ///< exclusive; of single instruments only, as the next one
  price ratio_base_min{};               ///< least |price| that the two ratios are of
};

/// When a stamp is doubted, see time_judge.
struct time_jump_settings {
  nanoseconds max{1'000'000'000};  ///< ahead of the source's time; more is doubted
  std::uint32_t confirm_count = 3; ///< stamps that agree, its own included; 1: nothing is doubted
};

/// Kinds of bad ticks that the simulator makes: the first of reject_reason.
inline constexpr std::size_t sim_fault_count = 8;

/// The built-in market simulator.
struct sim_settings {
  std::uint64_t seed = 1;
  std::uint32_t symbols = 50;              ///< SIM0001, SIM0002, ...
  std::uint64_t ticks = 500'000;           ///< over all symbols, bad ones included
  std::uint32_t ticks_per_second = 20'000; ///< of event time, over all symbols
  timestamp start{std::chrono::sys_days{std::chrono::year{2024} / 1 / 2} + std::chrono::hours{1}};
  /// Share of bad ticks by reason, each in [0, 0.1].
  std::array<double, sim_fault_count> bad_share{0.001, 0.001, 0.001, 0.001,
                                                0.001, 0.001, 0.001, 0.001};
};

/// The load generator: good ticks made up at next to no cost.
struct load_generator_settings {
  std::uint64_t seed = 1;
  std::uint32_t symbols = 500;             ///< LOAD00001, LOAD00002, ...
  std::uint64_t ticks = 10'000'000;        ///< over all symbols
  std::uint32_t ticks_per_second = 50'000; ///< of event time, over all symbols
  std::uint32_t run_length = 64;           ///< ticks of one symbol in a row
};

/// Files read as one source, merged by time.
struct file_settings {
  std::vector<std::string> paths;    ///< see line_reader::is_known_name
  std::uint64_t memory_mib = 32;     ///< of rows; those beyond wait in a file
  std::uint32_t malformed_max = 100; ///< rows of one file that are left out, before it is refused
};

/// Tick logs of an earlier run, read again as a source.
struct log_source_settings {
  std::vector<std::string> paths; ///< of slots: STATE_DIR/HOST/ticks/data-0
  std::vector<std::int32_t> days; ///< trading days, yyyymmdd; empty: all
  /// That are held decoded, over all symbols; at least 256 of each.
  std::uint32_t ticks_held_max = 1'048'576;
};

/// The tick logs of a host: those of its slots and those that it keeps as replicas.
struct tick_log_settings {
  log_durability durability = log_durability::interval;
  std::chrono::milliseconds sync_interval{10};
  std::uint64_t segment_mib = 32;            ///< a write-ahead file that has reached this is sealed
  std::uint64_t wal_keep_mib = 1024;         ///< sealed write-ahead files are kept up to this
  std::uint64_t recent_mib = 16;             ///< newest records held in memory for links
  std::uint32_t retention_days = 30;         ///< of a live source: days that are kept; 0: all
  bool cut_unsynced = false;                 ///< see tick_log_options
  std::uint32_t unaccepted_records_max = 64; ///< that wait for replicas; then the feed waits, too
  std::uint32_t replica_window_mib = 8; ///< on their way to one replica, before it is sent more
  std::uint32_t subscriptions_max = 16; ///< of one data slot at one time
  /// At the end of a run, how long a data slot waits for subscribers that are behind.
  std::chrono::milliseconds subscription_linger{1000};
};

enum class socket_format : std::uint8_t { csv, protobuf };

/// The symbol under which a live source passes on records of names that it was not told of; without
/// an instrument entry, they are rejected as UNKNOWN_SYMBOL.
inline constexpr std::string_view unknown_symbol_name = "UNKNOWN_SYMBOL";

/// Live input over a socket. Limits on what a sender may do to a host stand here, too.
struct socket_settings {
  std::string listen; ///< `127.0.0.1:PORT` or `unix:PATH`
  socket_format format = socket_format::csv;
  std::vector<std::string> symbols;          ///< exact names; others are UNKNOWN_SYMBOL
  std::uint32_t buffer_records_max = 65'536; ///< per data slot, then the socket is not read
  std::uint32_t message_bytes_max = 4'096;   ///< of one line or message
  std::string token_file;                    ///< holds what a login must bring; empty: no login
  std::uint32_t waiting_max = 8;             ///< connections that have not said anything yet
  std::uint32_t replies_kib_max = 64;        ///< not yet taken by the sender; then it is not read
  std::uint32_t closing_max = 8;             ///< closed connections that may still read why ...
  nanoseconds closing_time{1'000'000'000};   ///< ... and for how long
  nanoseconds retry_interval{1'000'000'000}; ///< of listening, or of accepting after a fault
  nanoseconds lateness{1'000'000'000};       ///< of event time, that the source may be out of order
  nanoseconds ahead_max{60'000'000'000};     ///< of event time before the wall clock
  nanoseconds time_jump_wait{200'000'000};   ///< without a record, until a doubtful stamp passes
  nanoseconds message_timeout{5'000'000'000}; ///< from the first byte of a message to its last
  nanoseconds silence_max{30'000'000'000};    ///< without a byte from the sender
  bool idle_marks = false;                    ///< the wall clock moves the mark of a silent sender
  nanoseconds idle_after{1'000'000'000};      ///< silence before it does
};

enum class source_kind : std::uint8_t { sim, file, load, socket, ticklog };

struct source_settings {
  source_kind kind = source_kind::sim;
  double speed = 0; ///< event time per wall time; 0 is as fast as possible
  nanoseconds time_mark_interval{std::chrono::milliseconds{10}}; ///< of event time
  nanoseconds silence_alarm{60'000'000'000}; ///< of open session time; 0: no alarm
  nanoseconds log_interval{5'000'000'000};   ///< between two log lines of one kind; see log_burst
  time_jump_settings time_jump{};
  sim_settings sim{};
  load_generator_settings load{};
  file_settings file{};
  log_source_settings ticklog{};
  socket_settings socket{};
};

} // namespace tickmesh
