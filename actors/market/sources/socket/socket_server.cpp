#include "actors/market/sources/socket/socket_server.hpp"

#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <string_view>
#include <vector>

namespace tickmesh {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t read_bytes_max = 65'536;
constexpr milliseconds tick_time{100}; ///< how exact time-outs are

} // namespace

socket_server::socket_server(const source_settings& settings, socket_address address,
                             std::string token, std::shared_ptr<tls_credentials> credentials,
                             const std::vector<std::string>& symbols, trading_day_rule days,
                             std::shared_ptr<host_clock> clock)
    : settings_(settings), address_(std::move(address)), token_(std::move(token)),
      credentials_(std::move(credentials)), clock_(std::move(clock)),
      wake_up_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), cursors_(settings, [this] { poke(); }),
      buffer_(read_bytes_max), days_(std::move(days)), judge_(settings.time_jump) {
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
  for (auto* who : open_connections())
    close_for(*who, "the host stops", std::chrono::steady_clock::now());
}

void socket_server::listen(instant now) {
  auto opened = socket_listener::open(address_);
  if (!opened) {
    if (listen_again_ == instant{})
      log_error("socket source: {}; trying again every {} ms", opened.error().message,
                settings_.socket.retry_interval / milliseconds{1});
    listen_again_ = now + settings_.socket.retry_interval;
    return;
  }
  listener_.emplace(std::move(*opened));
  log_info("socket source: listening on {}", listener_->name());
  std::lock_guard lock{mutex_};
  listens_on_ = listener_->name();
}

/// The sender first: a connection behind it may take its place.
std::vector<socket_server::connection*> socket_server::open_connections() {
  std::vector<connection*> out;
  if (sender_) out.push_back(&*sender_);
  for (auto& silent : waiting_)
    out.push_back(&silent);
  return out;
}

void socket_server::drop_gone() {
  if (sender_ && sender_->gone) {
    sender_.reset();
    end_doubt();
  }
  waiting_.remove_if([](auto& silent) { return silent.gone; });
}

/// Waits for the sockets, for others' news or for a short while, and handles what there is.
void socket_server::wait(instant before) {
  // Without a cursor, nobody can say where a sender has to go on.
  bool accepts = listener_ && before >= accept_again_ && cursors_.is_open();
  std::vector<pollfd> files{{wake_up_.number(), POLLIN, 0},
                            {accepts ? listener_->number() : -1, POLLIN, 0}};
  if (sender_ && may_read()) {
    if (sender_->paused) sender_->last_byte = before;
    take_items(before); // those that were left for want of room come before new bytes
    drop_gone();
  }
  if (sender_) sender_->paused = !may_read();
  auto open = open_connections();
  for (auto* who : open) {
    int events = (who->paused ? 0 : POLLIN) | (has_replies(*who) ? POLLOUT : 0);
    // A file that nothing is wanted from would wake us for its end again and again.
    files.push_back({events == 0 ? -1 : who->stream.descriptor(), static_cast<short>(events), 0});
  }
  for (auto& gone : leaving_)
    files.push_back({gone.stream.descriptor(), POLLIN, 0});
  ::poll(files.data(), files.size(), static_cast<int>(tick_time.count()));
  auto now = std::chrono::steady_clock::now();
  std::uint64_t pokes = 0;
  if (files[0].revents != 0) [[maybe_unused]]
    auto taken = ::read(wake_up_.number(), &pokes, sizeof pokes);
  drop_leaving(now);
  for (std::size_t i = 0; i < open.size(); ++i)
    if (!open[i]->gone && !open[i]->paused && files[2 + i].revents != 0) read_bytes(*open[i], now);
  drop_gone();
  if (judge_.held() > 0 && now - last_record_ >= settings_.socket.time_jump_wait) settle_judged();
  for (auto* who : open_connections()) {
    watch(*who, now);
    if (!who->gone) write_replies(*who, now);
  }
  drop_gone();
  if (files[1].revents != 0) accept(now);
}

/// Greets whoever comes. Where too many wait to say something, the oldest of them makes room.
void socket_server::accept(instant now) {
  auto file = listener_->accept();
  if (!file) {
    if (!would_block(errno)) // most likely, too many open files
      accept_again_ = now + settings_.socket.retry_interval;
    return;
  }
  if (waiting_.size() >= settings_.socket.waiting_max) {
    close_fault(waiting_.front(),
                fmt::format("nothing was said, and source.socket.waiting_max = {} others wait",
                            settings_.socket.waiting_max),
                now);
    drop_gone();
  }
  auto from = cursors_.resume();
  auto& greeted = waiting_.emplace_back(
      connection{.stream = {std::move(file), open_tls()}, .session = {settings_.socket, from}});
  greeted.last_byte = greeted.last_taken = now;
  if (greeted.session.is_inside_message()) greeted.inside = now;
  auto at = to_live_position(from.after);
  log_info("socket source: a connection came; its sender goes on after position {} of day {}{}",
           at.number, at.day, from.day_is_over ? ", which it has ended" : "");
  {
    std::lock_guard lock{mutex_};
    ++counts_.connections;
  }
  write_replies(greeted, now);
  drop_gone();
}

/// Null where bytes go as they are. A Unix socket has the permissions of its file for a door.
std::unique_ptr<tls_session> socket_server::open_tls() const {
  if (credentials_ == nullptr || !address_.unix_path.empty()) return nullptr;
  return std::make_unique<tls_session>(credentials_->current(), connection_end::accepted,
                                       std::string{});
}

bool socket_server::may_read() {
  return cursors_.has_room() && has_room(sender_->session.replies());
}

bool socket_server::has_replies(connection& who) {
  return who.stream.has_unsent() || !who.session.replies().empty();
}

/// For replies; without it, nothing is read.
bool socket_server::has_room(const std::string& replies) const {
  return replies.size() < settings_.socket.replies_kib_max * std::size_t{1'024};
}

void socket_server::read_bytes(connection& from, instant now) {
  auto arrived = from.stream.receive(buffer_);
  if (!arrived.fault.empty()) return close_fault(from, arrived.fault, now);
  if (arrived.end.empty()) {
    if (arrived.bytes.empty()) return;
    from.last_byte = now;
    from.session.receive(arrived.bytes);
    if (sender_ && &from == &*sender_)
      take_items(now);
    else
      take_first_item(from, now);
    return;
  }
  bool broken = from.session.is_inside_message();
  log_info("socket source: {}{}; last position {}", arrived.end, broken ? " within a message" : "",
           from.session.last_number());
  from.gone = true;
  std::lock_guard lock{mutex_};
  counts_.broken_messages += broken ? 1 : 0;
}

/// Time-outs, and a cursor that needs what this sender has passed.
void socket_server::watch(connection& who, instant now) {
  auto& limits = settings_.socket;
  auto after = cursors_.resume().after;
  if (cursors_.is_open() && after < settled_by(who))
    return close_for(who,
                     fmt::format("a data slot needs what follows position {}; connect again",
                                 to_live_position(after).number),
                     now);
  if (has_replies(who) && now - who.last_taken > limits.silence_max)
    return close_fault(
        who,
        fmt::format("the replies were not read for {} ms", limits.silence_max / milliseconds{1}),
        now);
  if (who.paused) return;
  if (who.inside && now - *who.inside > limits.message_timeout)
    return close_fault(
        who,
        fmt::format("{} is incomplete after {} ms",
                    who.stream.is_open() ? "a message or the header" : "the handshake of TLS",
                    limits.message_timeout / milliseconds{1}),
        now);
  if (now - who.last_byte > limits.silence_max)
    return close_fault(who,
                       fmt::format("nothing was sent for {} ms; a ping would do",
                                   limits.silence_max / milliseconds{1}),
                       now);
  if (sender_ && &who == &*sender_) move_idle_mark(now);
}

/// Only while a sender is connected: what a disconnected one has yet to send must not be late.
void socket_server::move_idle_mark(instant now) {
  auto& limits = settings_.socket;
  auto quiet_ns = std::chrono::duration_cast<nanoseconds>(now - sender_->last_byte);
  if (!limits.idle_marks || sender_->inside || quiet_ns < limits.idle_after) return;
  auto wall = from_ns(clock_->local_ns()) - limits.lateness - limits.idle_after;
  cursors_.push_mark(last_multiple(wall, settings_.time_mark_interval));
}

void socket_server::write_replies(connection& to, instant now) {
  auto& replies = to.session.replies();
  if (has_room(replies)) to.session.acknowledge(cursors_.acknowledged());
  auto taken = to.stream.send(replies);
  if (taken) {
    if (*taken) to.last_taken = now;
    return;
  }
  log_info("socket source: {}; last position {}", taken.error().message, to.session.last_number());
  to.gone = true;
}

void socket_server::close_fault(connection& who, std::string_view reason, instant now) {
  if (auto count = fault_log_.admit(now))
    log_warning("socket source: closed a connection at position {}: {}; {} faults of senders "
                "since the last line",
                who.session.last_number(), reason, *count);
  {
    std::lock_guard lock{mutex_};
    ++counts_.faults;
  }
  close_for(who, reason, now);
}

void socket_server::close_for(connection& who, std::string_view reason, instant now) {
  who.session.say_closing(reason);
  (void)who.stream.send(who.session.replies());
  who.stream.finish();
  leaving_.push_back({std::move(who.stream), now + settings_.socket.closing_time});
  who.gone = true;
}

/// Reads past what the peers of closed connections still send: closing at once would reset the
/// connection, and the peer would never read why.
void socket_server::drop_leaving(instant now) {
  std::erase_if(leaving_,
                [&](leaving& gone) { return !gone.stream.discard(buffer_) || now >= gone.until; });
  while (leaving_.size() > settings_.socket.closing_max)
    leaving_.pop_front();
}

} // namespace tickmesh
