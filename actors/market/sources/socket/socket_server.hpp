// The thread behind a socket source: it serves one sender at a time, reads while the cursors have
// room, and writes acknowledgements. A connection waits until its first message is good; then it is
// the sender, in place of an older connection of the same name. Whatever a sender does, the thread
// goes on with the next one.
#pragma once

#include "actors/market/cleaning/time_judge.hpp"
#include "actors/market/cleaning/trading_day_rule.hpp"
#include "actors/market/sources/socket/sender_session.hpp"
#include "actors/market/sources/socket/sender_stream.hpp"
#include "actors/market/sources/socket/socket_cursors.hpp"
#include "actors/market/sources/socket/socket_listener.hpp"
#include "runtime/actors/host_clock.hpp"
#include "runtime/net/tls_credentials.hpp"
#include "runtime/telemetry/log_burst.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tickmesh {

/// What a source has met since it was loaded.
struct socket_counts {
  std::uint64_t connections = 0;     ///< that were greeted
  std::uint64_t refused = 0;         ///< senders that came while one of another name was served
  std::uint64_t replaced = 0;        ///< senders that a newer connection took the place of
  std::uint64_t records = 0;         ///< that some cursor got
  std::uint64_t repeated = 0;        ///< records that every cursor had had
  std::uint64_t malformed = 0;       ///< records that could not be read
  std::uint64_t ahead = 0;           ///< records too far ahead of the wall clock
  std::uint64_t unknown_symbols = 0; ///< records that went on as UNKNOWN_SYMBOL
  std::uint64_t source_gaps = 0;     ///< that senders declared
  std::uint64_t lost_positions = 0;  ///< in these gaps
  std::uint64_t trading_days_corrected = 0; ///< records that stated another than the calendar
  std::uint64_t faults = 0;          ///< connections that were closed for what the sender did
  std::uint64_t broken_messages = 0; ///< connections that ended within a message
};

class socket_server {
public:
  /// `symbols` has the reserved name for unknown symbols, and `days` is theirs; `address` and
  /// `token` (empty: none is demanded) are those of the settings. With `credentials` (null: none)
  /// senders that come by TCP have to speak TLS, with a certificate of the same authority.
  socket_server(const source_settings& settings, socket_address address, std::string token,
                std::shared_ptr<tls_credentials> credentials,
                const std::vector<std::string>& symbols, trading_day_rule days,
                std::shared_ptr<host_clock> clock);
  socket_server(const socket_server&) = delete;
  socket_server& operator=(const socket_server&) = delete;
  ~socket_server(); ///< ends the thread

  /// Listens, and starts the thread; nothing on later calls. Where listening fails, the thread
  /// tries again.
  void start();

  socket_cursors& cursors() { return cursors_; }

  /// Where it listens; empty while it does not.
  std::string listens_on() const;

  socket_counts counts() const;

private:
  using instant = std::chrono::steady_clock::time_point;

  struct connection {
    sender_stream stream;
    sender_session session;
    instant last_byte{};             ///< read, or since when reading is allowed again
    instant last_taken{};            ///< when replies were last written, or there were none
    std::optional<instant> inside{}; ///< since when a message has been incomplete
    bool paused = false;             ///< not read, for want of room
    bool gone = false;               ///< closed; to be dropped
  };

  /// A connection that is over: it stays until the peer has read why, or a second has passed.
  struct leaving {
    sender_stream stream;
    instant until{};
  };

  // socket_server.cpp
  void run();
  void listen(instant now);
  void wait(instant now);
  std::vector<connection*> open_connections();
  void drop_gone();
  void accept(instant now);
  std::unique_ptr<tls_session> open_tls() const;
  void read_bytes(connection& from, instant now);
  void watch(connection& who, instant now);
  void move_idle_mark(instant now);
  void write_replies(connection& to, instant now);
  void close_for(connection& who, std::string_view reason, instant now);
  void close_fault(connection& who, std::string_view reason, instant now);
  void drop_leaving(instant now);
  bool may_read();
  bool has_room(const std::string& replies) const;
  static bool has_replies(connection& who);

  // socket_server_items.cpp
  void take_first_item(connection& from, instant now);
  void serve(connection& next, instant now);
  void take_items(instant now);
  result<socket_cursors::place> place(connection& who, const sender_item& item);
  bool take(const sender_item& item, socket_cursors::place at, instant now);
  bool take_record(const sender_item& item, socket_cursors::place at, instant now);
  void take_gap(const sender_item& item, socket_cursors::place at, instant now);
  void skip_record(const sender_item& item, socket_cursors::place at, std::string_view reason,
                   std::uint64_t socket_counts::*count, instant now);
  bool is_ahead(timestamp time) const;
  bool is_trusted(timestamp time) const;
  void pass(tick& record);
  void settle_judged();
  void end_doubt();
  source_position settled_by(const connection& who) const;

  void poke() const;

  const source_settings settings_;
  const socket_address address_;
  const std::string token_;
  const std::shared_ptr<tls_credentials> credentials_;
  std::map<std::string, symbol_id, std::less<>> symbols_;
  symbol_id unknown_symbol_{};
  std::shared_ptr<host_clock> clock_;
  file_descriptor wake_up_; ///< an eventfd
  socket_cursors cursors_;

  // Of the thread:
  std::vector<char> buffer_; ///< of reading
  std::optional<socket_listener> listener_;
  instant listen_again_{};
  instant accept_again_{};           ///< after a fault of the system
  std::optional<connection> sender_; ///< the one that is served
  std::list<connection> waiting_;    ///< oldest first: nothing was said yet
  trading_day_rule days_;
  time_judge judge_;                          ///< of the sender's stamps
  std::deque<socket_cursors::place> doubted_; ///< of the records that it holds
  std::int32_t last_trading_day_ = 0;         ///< of a record that was passed on
  instant last_record_{};
  std::deque<leaving> leaving_;
  log_burst rejected_log_{settings_.log_interval};
  log_burst unknown_log_{settings_.log_interval};
  log_burst gap_log_{settings_.log_interval};
  log_burst repeated_log_{settings_.log_interval};
  log_burst fault_log_{settings_.log_interval};

  mutable std::mutex mutex_; ///< guards what others read
  socket_counts counts_;
  std::string listens_on_;

  std::atomic<bool> stopping_{false};
  std::mutex start_mutex_;
  std::thread thread_;
};

} // namespace tickmesh
