#include "runtime/net/connection.hpp"

#include "runtime/net/reactor.hpp"
#include "runtime/telemetry/log.hpp"

#include <caf/io/basp/header.hpp>
#include <fmt/format.h>

#include <sys/socket.h>

#include <atomic>
#include <cerrno>

namespace tickmesh {

namespace {

static_assert(packet_header_bytes == caf::io::basp::header_size);

/// Reads of one connection before others have their turn.
constexpr int reads_a_turn = 4;

/// Numbers of descriptors come again while CAF still cleans up after the one before; these do not.
caf::io::connection_handle next_connection_handle() {
  static std::atomic<std::int64_t> last{0};
  return caf::io::connection_handle::from_int(++last);
}

} // namespace

connection::connection(reactor& loop, file_descriptor socket, connection_end end,
                       std::unique_ptr<tls_session> tls)
    : scribe(next_connection_handle()), loop_(loop), socket_(std::move(socket)),
      peer_(peer_name(socket_.number())), tls_(std::move(tls)), packets_(end, loop.packets()) {
  prepare_stream(socket_.number());
}

void connection::configure_read(caf::io::receive_policy::config) {
  if (stage_ != stage::fresh) return;
  stage_ = stage::open;
  loop_.watch(*this, *this, EPOLLIN);
  loop_.set_deadline(*this, loop_.settings().handshake_timeout);
  flush(); // TLS begins by saying hello
}

std::uint32_t connection::wanted_events() const {
  constexpr std::uint32_t in = EPOLLIN, out = EPOLLOUT;
  return unsent_.empty() ? in : in | out;
}

void connection::add_to_loop() {
  if (stage_ == stage::open) loop_.change(*this, wanted_events());
}

void connection::remove_from_loop() {
  if (stage_ == stage::open) loop_.change(*this, wanted_events() ^ std::uint32_t{EPOLLIN});
}

void connection::on_events(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) send_unsent();
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) receive();
}

void connection::receive() {
  auto& buffer = loop_.receive_buffer();
  for (int i = 0; i < reads_a_turn && stage_ != stage::closed; ++i) {
    auto count = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return lose();
    // What comes after CAF is done with it is for nobody.
    if (stage_ == stage::open) open({buffer.data(), static_cast<std::size_t>(count)});
    if (static_cast<std::size_t>(count) < buffer.size()) return;
  }
}

void connection::open(std::span<const char> bytes) {
  if (tls_ == nullptr) return take(bytes);
  auto good = tls_->receive(bytes);
  if (!tls_->opened().empty()) {
    take(tls_->opened());
    tls_->opened().clear();
  }
  flush();
  if (good || stage_ != stage::open) return;
  send_now(); // why, for the other end
  count_one(loop_.traffic().refused_peers);
  if (stage_ == stage::open) refuse(good.error().message);
}

void connection::take(std::span<const char> bytes) {
  while (!bytes.empty() && stage_ == stage::open) {
    auto whole = packets_.next(bytes, loop_);
    if (!whole) {
      count_one(loop_.traffic().refused_packets);
      return refuse("it sent " + whole.error().message);
    }
    if (*whole) take_part();
  }
}

void connection::take_part() {
  if (packets_.has_met_peer() && tls_ != nullptr)
    loop_.note_names(*this, packets_.peer(), tls_->peer_names());
  consume(&loop_, packets_.part().data(), packets_.part().size());
  packets_.part().clear();
  if (packets_.has_met_peer() && stage_ == stage::open) {
    deadline.reset();
    loop_.note_established(*this);
  }
}

std::vector<char>& connection::outgoing() {
  if (tls_ == nullptr) return written_;
  tls_->write(written_);
  return tls_->sealed();
}

void connection::flush() {
  bool has_some = !written_.empty() || (tls_ != nullptr && !tls_->sealed().empty());
  if (is_noted_ || !has_some || stage_ == stage::closed) return;
  is_noted_ = true;
  loop_.note_written(*this);
}

void connection::send_now() {
  is_noted_ = false;
  if (stage_ == stage::closed) return;
  if (!unsent_.empty()) {
    if (unsent_.size() - sent_ + written_.size() <= loop_.settings().unsent_mib_max * 1'048'576ull)
      return;
    count_one(loop_.traffic().unread);
    return refuse("it does not read");
  }
  auto& bytes = outgoing();
  if (bytes.empty()) return;
  auto count = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN && errno != EINTR) return lose();
  if (count == static_cast<ssize_t>(bytes.size())) {
    bytes.clear();
    return;
  }
  unsent_.swap(bytes);
  sent_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  loop_.change(*this, wanted_events());
}

void connection::send_unsent() {
  while (!unsent_.empty()) {
    auto count =
        ::send(socket_.number(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return lose();
    sent_ += static_cast<std::size_t>(count);
    if (sent_ < unsent_.size()) return;
    sent_ = 0;
    unsent_.clear();
    unsent_.swap(outgoing());
  }
  if (stage_ == stage::closed) return;
  loop_.change(*this, wanted_events());
  if (stage_ == stage::closing) ::shutdown(socket_.number(), SHUT_WR);
}

void connection::graceful_shutdown() {
  if (stage_ == stage::fresh) close();
  if (stage_ == stage::open) {
    // The other end reads to the end, and closes; closing here, with bytes of its that nobody
    // reads, would make its system throw away what was sent to it last.
    stage_ = stage::closing;
    if (tls_ != nullptr) {
      tls_->write(written_);
      tls_->finish();
    }
    send_now();
    if (stage_ == stage::closing) {
      if (unsent_.empty()) ::shutdown(socket_.number(), SHUT_WR);
      loop_.set_deadline(*this, loop_.settings().close_timeout);
    }
  }
  detach(&loop_, false);
}

void connection::on_deadline() {
  if (stage_ == stage::closing) return close();
  count_one(loop_.traffic().unfinished);
  refuse("its handshake took too long");
}

void connection::refuse(std::string_view reason) {
  if (auto count = loop_.refusals().admit(std::chrono::steady_clock::now()))
    log_warning("closed the connection with {}:{}: {}{}", peer_.address, peer_.port, reason,
                *count > 1 ? fmt::format("; {} in all since the last of these lines", *count) : "");
  lose();
}

void connection::lose() {
  bool was_open = stage_ == stage::open;
  close();
  if (was_open) detach(&loop_, true);
}

void connection::close() {
  if (stage_ == stage::closed) return;
  bool was_watched = stage_ != stage::fresh;
  stage_ = stage::closed;
  ::shutdown(socket_.number(), SHUT_RDWR);
  if (was_watched) loop_.forget(*this);
  loop_.note_closed(*this);
}

} // namespace tickmesh
