#include "actors/market/socket_server.hpp"

#include "messages/exchange_clock.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <vector>

namespace tickmesh {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t read_bytes_max = 65'536;
constexpr std::size_t reply_bytes_max = 65'536; ///< waiting to be written; then nothing is read
constexpr std::size_t leaving_max = 8;          ///< closed connections that may still read why
constexpr milliseconds leaving_time{1'000};
constexpr milliseconds listen_retry{1'000};
constexpr milliseconds tick_time{100}; ///< how exact time-outs are

std::string system_reason(int code) {
  return std::generic_category().message(code);
}

} // namespace

socket_server::socket_server(const source_settings& settings, socket_address address,
                             const std::vector<std::string>& symbols,
                             std::shared_ptr<host_clock> clock)
    : settings_(settings), address_(std::move(address)), clock_(std::move(clock)),
      wake_up_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), cursors_(settings, [this] { poke(); }) {
  assert(wake_up_);
  for (std::uint32_t i = 0; i < symbols.size(); ++i)
    symbols_.emplace(symbols[i], symbol_id{i});
  unknown_symbol_ = symbols_.at(std::string{unknown_symbol_name});
}

socket_server::~socket_server() {
  stopping_ = true;
  poke();
  if (thread_.joinable()) thread_.join();
}

void socket_server::start() {
  std::lock_guard lock{start_mutex_};
  if (thread_.joinable()) return;
  listen(std::chrono::steady_clock::now());
  thread_ = std::thread{[this] { run(); }};
}

std::string socket_server::listens_on() const {
  std::lock_guard lock{mutex_};
  return listens_on_;
}

socket_counts socket_server::counts() const {
  std::lock_guard lock{mutex_};
  return counts_;
}

void socket_server::poke() const {
  std::uint64_t one = 1;
  // Fails only when the counter is full, and then the thread is awake anyway.
  [[maybe_unused]] auto written = ::write(wake_up_.number(), &one, sizeof one);
}

void socket_server::run() {
  while (!stopping_) {
    auto now = std::chrono::steady_clock::now();
    if (!listener_ && now >= listen_again_) listen(now);
    wait(now);
  }
  if (sender_) close_for("the host stops", std::chrono::steady_clock::now());
}

void socket_server::listen(instant now) {
  auto opened = socket_listener::open(address_);
  if (!opened) {
    if (listen_again_ == instant{})
      spdlog::error("socket source: {}; trying again every {} ms", opened.error().message,
                    listen_retry.count());
    listen_again_ = now + listen_retry;
    return;
  }
  listener_.emplace(std::move(*opened));
  spdlog::info("socket source: listening on {}", listener_->name());
  std::lock_guard lock{mutex_};
  listens_on_ = listener_->name();
}

/// Waits for the sockets, for others' news or for a short while, and handles what there is.
void socket_server::wait(instant before) {
  // Without a cursor, nobody can say where a sender has to go on.
  bool accepts = listener_ && before >= accept_again_ && cursors_.is_open();
  std::vector<pollfd> files{
      {wake_up_.number(), POLLIN, 0}, {accepts ? listener_->number() : -1, POLLIN, 0}, {-1, 0, 0}};
  if (sender_ && may_read()) {
    if (sender_->paused) sender_->last_byte = before;
    take_items(before); // those that were left for want of room come before new bytes
  }
  if (sender_) {
    sender_->paused = !may_read();
    int events = (sender_->paused ? 0 : POLLIN) | (sender_->replies.empty() ? 0 : POLLOUT);
    // A file that nothing is wanted from would wake us for its end again and again.
    files[2] = {events == 0 ? -1 : sender_->file.number(), static_cast<short>(events), 0};
  }
  for (auto& gone : leaving_)
    files.push_back({gone.file.number(), POLLIN, 0});
  ::poll(files.data(), files.size(), static_cast<int>(tick_time.count()));
  auto now = std::chrono::steady_clock::now();
  std::uint64_t pokes = 0;
  if (files[0].revents != 0) [[maybe_unused]]
    auto taken = ::read(wake_up_.number(), &pokes, sizeof pokes);
  drop_leaving(now);
  if (sender_ && !sender_->paused && files[2].revents != 0) read_bytes(now);
  if (sender_) watch(now);
  if (sender_) write_replies(now);
  if (files[1].revents != 0) accept(now);
}

void socket_server::accept(instant now) {
  auto file = listener_->accept();
  if (!file) {
    if (!would_block(errno)) accept_again_ = now + listen_retry; // most likely, too many open files
    return;
  }
  if (sender_)
    refuse(std::move(file), now);
  else
    greet(std::move(file), now);
}

void socket_server::greet(file_descriptor file, instant now) {
  auto protocol = make_socket_protocol(settings_.socket.format, settings_.socket.message_bytes_max);
  auto resume_after = cursors_.resume_after();
  sender_.emplace(sender{.file = std::move(file), .protocol = std::move(protocol)});
  sender_->start = resume_after;
  sender_->last_byte = sender_->last_taken = now;
  sender_->protocol->append_hello(sender_->replies, resume_after);
  spdlog::info("socket source: a sender connected; it goes on after position {}",
               resume_after.value);
  std::lock_guard lock{mutex_};
  ++counts_.connections;
}

void socket_server::refuse(file_descriptor file, instant now) {
  constexpr std::string_view reason = "another sender is connected; only one is served";
  std::string bytes;
  make_socket_protocol(settings_.socket.format, settings_.socket.message_bytes_max)
      ->append_closing(bytes, reason);
  send_some(file.number(), bytes);
  ::shutdown(file.number(), SHUT_WR);
  leaving_.push_back({std::move(file), now + leaving_time});
  if (auto count = fault_log_.admit(now))
    spdlog::warn("socket source: refused a sender: {}; {} faults of senders since the last line",
                 reason, *count);
  std::lock_guard lock{mutex_};
  ++counts_.refused;
}

bool socket_server::may_read() {
  return cursors_.has_room() && sender_->replies.size() < reply_bytes_max;
}

void socket_server::read_bytes(instant now) {
  std::array<char, read_bytes_max> bytes;
  auto count = ::recv(sender_->file.number(), bytes.data(), bytes.size(), 0);
  if (count < 0 && would_block(errno)) return;
  if (count > 0) {
    sender_->last_byte = now;
    sender_->protocol->receive({bytes.data(), static_cast<std::size_t>(count)});
    take_items(now);
    return;
  }
  auto why = count == 0 ? "the sender closed the connection" : system_reason(errno);
  bool broken = sender_->protocol->is_inside_message();
  spdlog::info("socket source: {}{}; last position {}", why, broken ? " within a message" : "",
               sender_->protocol->last_position().value);
  sender_.reset();
  std::lock_guard lock{mutex_};
  counts_.broken_messages += broken ? 1 : 0;
}

void socket_server::take_items(instant now) {
  bool progress = false;
  while (may_read()) {
    sender_item item;
    auto said = sender_->protocol->next(item);
    if (!said) return close_fault(said.error().message, now);
    if (!*said) {
      bool inside = sender_->protocol->is_inside_message();
      if (!inside)
        sender_->inside.reset();
      else if (progress || !sender_->inside)
        sender_->inside = now;
      return;
    }
    progress = true;
    if (!take(item, now)) return;
  }
  sender_->inside.reset(); // whole messages may be left: the sender is not to blame
}

/// False when the connection was closed.
bool socket_server::take(const sender_item& item, instant now) {
  using enum sender_item::kind;
  switch (item.is) {
  case record: return take_record(item, now);
  case malformed:
    if (cursors_.skip(item.position) == socket_cursors::taken::by_some) {
      reject(item.position, item.reason, now);
      std::lock_guard lock{mutex_};
      ++counts_.malformed;
    }
    return true;
  case gap: take_gap(item, now); return true;
  case mark:
    if (!is_ahead(item.mark)) {
      cursors_.push_mark(item.mark);
      return true;
    }
    close_fault(fmt::format("mark {} is more than {} ms ahead of the wall clock",
                            format_timestamp(item.mark),
                            settings_.socket.ahead_max / milliseconds{1}),
                now);
    return false;
  case end:
    spdlog::info("socket source: the sender says that nothing follows position {}",
                 std::max(sender_->start, sender_->protocol->last_position()).value);
    cursors_.push_end();
    return true;
  case ping: return true;
  }
  return true;
}

bool socket_server::take_record(const sender_item& item, instant now) {
  using taken = socket_cursors::taken;
  if (is_ahead(item.record.event_time)) {
    if (cursors_.skip(item.position) == taken::by_some) {
      reject(item.position,
             fmt::format("event time {} is more than {} ms ahead of the wall clock",
                         format_timestamp(item.record.event_time),
                         settings_.socket.ahead_max / milliseconds{1}),
             now);
      std::lock_guard lock{mutex_};
      ++counts_.ahead;
    }
    return true;
  }
  auto known = symbols_.find(item.symbol);
  tick record = item.record;
  record.symbol = known == symbols_.end() ? unknown_symbol_ : known->second;
  record.source = source_id{};
  record.position = item.position;
  if (record.trading_day == 0) record.trading_day = utc_date(record.event_time);
  auto outcome = cursors_.push(record);
  if (outcome == taken::ended) {
    close_fault(fmt::format("position {} lies behind the end of the feed", item.position.value),
                now);
    return false;
  }
  bool unknown = outcome == taken::by_some && known == symbols_.end();
  if (unknown)
    if (auto count = unknown_log_.admit(now))
      spdlog::warn("socket source: position {}: symbol {} is not in source.socket.symbols; {} "
                   "records of unknown symbols since the last line",
                   item.position.value, item.symbol, *count);
  std::lock_guard lock{mutex_};
  ++(outcome == taken::by_some ? counts_.records : counts_.repeated);
  counts_.unknown_symbols += unknown ? 1 : 0;
  return true;
}

void socket_server::take_gap(const sender_item& item, instant now) {
  auto first = std::max(item.gap_first, cursors_.resume_after() + source_position{1});
  if (cursors_.skip(item.position) != socket_cursors::taken::by_some) return;
  auto lost = item.position.value - first.value + 1;
  if (auto count = gap_log_.admit(now))
    spdlog::warn("socket source: the sender lost positions {} to {}; {} gaps since the last line",
                 first.value, item.position.value, *count);
  std::lock_guard lock{mutex_};
  ++counts_.source_gaps;
  counts_.lost_positions += lost;
}

void socket_server::reject(source_position position, std::string_view reason, instant now) {
  sender_->protocol->append_rejected(sender_->replies, position, reason);
  if (auto count = rejected_log_.admit(now))
    spdlog::warn("socket source: rejected position {}: {}; {} rejected since the last line",
                 position.value, reason, *count);
}

bool socket_server::is_ahead(timestamp time) const {
  return to_ns(time) - settings_.socket.ahead_max.count() > clock_->local_ns();
}

/// Time-outs, and a cursor that needs what this sender has passed.
void socket_server::watch(instant now) {
  auto& limits = settings_.socket;
  auto reached = std::max(sender_->start, sender_->protocol->last_position());
  auto resume_after = cursors_.resume_after();
  if (cursors_.is_open() && resume_after < reached)
    return close_for(fmt::format("a data slot needs what follows position {}; connect again",
                                 resume_after.value),
                     now);
  if (!sender_->replies.empty() && now - sender_->last_taken > limits.silence_max)
    return close_fault(
        fmt::format("the replies were not read for {} ms", limits.silence_max / milliseconds{1}),
        now);
  if (sender_->paused) return;
  if (sender_->inside && now - *sender_->inside > limits.message_timeout)
    return close_fault(fmt::format("a message or the header is incomplete after {} ms",
                                   limits.message_timeout / milliseconds{1}),
                       now);
  if (now - sender_->last_byte > limits.silence_max)
    return close_fault(fmt::format("nothing was sent for {} ms; a ping would do",
                                   limits.silence_max / milliseconds{1}),
                       now);
  move_idle_mark(now);
}

/// Only while a sender is connected: what a disconnected one has yet to send must not be late.
void socket_server::move_idle_mark(instant now) {
  auto& limits = settings_.socket;
  auto quiet_ns = std::chrono::duration_cast<nanoseconds>(now - sender_->last_byte);
  if (!limits.idle_marks || sender_->inside || quiet_ns < limits.idle_after) return;
  auto wall = from_ns(clock_->local_ns()) - limits.lateness - limits.idle_after;
  cursors_.push_mark(last_multiple(wall, settings_.time_mark_interval));
}

void socket_server::write_replies(instant now) {
  auto acknowledged = cursors_.acknowledged();
  if (acknowledged > sender_->acknowledged && sender_->replies.size() < reply_bytes_max) {
    sender_->protocol->append_ack(sender_->replies, acknowledged);
    sender_->acknowledged = acknowledged;
  }
  auto before = sender_->replies.size();
  if (send_some(sender_->file.number(), sender_->replies)) {
    if (sender_->replies.empty() || sender_->replies.size() < before) sender_->last_taken = now;
    return;
  }
  spdlog::info("socket source: {}; last position {}", system_reason(errno),
               sender_->protocol->last_position().value);
  sender_.reset();
}

void socket_server::close_fault(std::string_view reason, instant now) {
  if (auto count = fault_log_.admit(now))
    spdlog::warn("socket source: closed the connection at position {}: {}; {} faults of senders "
                 "since the last line",
                 sender_->protocol->last_position().value, reason, *count);
  {
    std::lock_guard lock{mutex_};
    ++counts_.faults;
  }
  close_for(reason, now);
}

void socket_server::close_for(std::string_view reason, instant now) {
  auto& file = sender_->file;
  sender_->protocol->append_closing(sender_->replies, reason);
  send_some(file.number(), sender_->replies);
  ::shutdown(file.number(), SHUT_WR);
  leaving_.push_back({std::move(file), now + leaving_time});
  sender_.reset();
}

/// Reads past what the peers of closed connections still send: closing at once would reset the
/// connection, and the peer would never read why.
void socket_server::drop_leaving(instant now) {
  std::array<char, read_bytes_max> bytes;
  std::erase_if(leaving_, [&](leaving& gone) {
    auto count = ::recv(gone.file.number(), bytes.data(), bytes.size(), 0);
    return count == 0 || (count < 0 && !would_block(errno)) || now >= gone.until;
  });
  while (leaving_.size() > leaving_max)
    leaving_.pop_front();
}

} // namespace tickmesh
