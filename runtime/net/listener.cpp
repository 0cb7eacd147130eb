#include "runtime/net/listener.hpp"

#include "runtime/net/connection.hpp"
#include "runtime/net/reactor.hpp"
#include "runtime/telemetry/log.hpp"

#include <caf/io/abstract_broker.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace tickmesh {

namespace {

/// Connections accepted before others have their turn.
constexpr int accepts_a_turn = 16;
/// After which a system that had no descriptor, or no memory, is asked again.
constexpr std::chrono::milliseconds accept_pause{100};

caf::io::accept_handle next_accept_handle() {
  static std::atomic<std::int64_t> last{0};
  return caf::io::accept_handle::from_int(++last);
}

} // namespace

listener::listener(reactor& loop, file_descriptor socket)
    : doorman(next_accept_handle()), loop_(loop), socket_(std::move(socket)),
      name_(own_name(socket_.number())) {
  ::fcntl(socket_.number(), F_SETFL, ::fcntl(socket_.number(), F_GETFL) | O_NONBLOCK);
}

void listener::launch() {
  add_to_loop();
}

void listener::add_to_loop() {
  if (is_watched_) return;
  is_watched_ = true;
  loop_.watch(*this, *this, EPOLLIN);
}

void listener::remove_from_loop() {
  if (!is_watched_) return;
  is_watched_ = false;
  loop_.forget(*this);
}

void listener::graceful_shutdown() {
  ::shutdown(socket_.number(), SHUT_RDWR);
  detach(&loop_, false);
}

void listener::on_events(std::uint32_t) {
  for (int i = 0; i < accepts_a_turn && is_watched_; ++i)
    if (!new_connection()) return;
}

void listener::on_deadline() {
  loop_.change(*this, EPOLLIN);
}

bool listener::new_connection() {
  if (detached()) return false;
  file_descriptor socket{
      ::accept4(socket_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!socket) {
    bool is_short = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (!is_short) return errno == EINTR || errno == ECONNABORTED;
    if (loop_.refusals().admit(std::chrono::steady_clock::now()))
      log_warning("cannot accept connections at {}:{}: {}", name_.address, name_.port,
                  std::strerror(errno));
    loop_.change(*this, 0);
    loop_.set_deadline(*this, accept_pause);
    return false;
  }
  count_one(loop_.traffic().accepted);
  auto next = loop_.make_connection(std::move(socket), connection_end::accepted, {});
  if (auto good = loop_.check_user(next->descriptor()); !good) {
    count_one(loop_.traffic().refused_users);
    next->refuse(good.error().message);
    return true;
  }
  if (!loop_.admit(*next)) return true;
  parent()->add_scribe(next);
  return doorman::new_connection(&loop_, next->hdl());
}

} // namespace tickmesh
