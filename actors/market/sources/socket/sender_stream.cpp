#include "actors/market/sources/socket/sender_stream.hpp"

#include "actors/market/sources/socket/socket_listener.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>
#include <vector>

namespace tickmesh {

namespace {

std::string system_reason(int code) {
  return std::generic_category().message(code);
}

/// Of a string or a vector of bytes, see sender_stream::send().
template <class Bytes>
result<bool> send_some(int socket, Bytes& bytes) {
  if (bytes.empty()) return true;
  auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (would_block(errno)) return false;
    return fail(system_reason(errno));
  }
  bytes.erase(bytes.begin(), bytes.begin() + count);
  return true;
}

} // namespace

sender_stream::arrival sender_stream::receive(std::span<char> buffer) {
  auto count = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
  if (count < 0 && would_block(errno)) return {};
  if (count < 0) return {.bytes = {}, .end = system_reason(errno), .fault = {}};
  if (count == 0) return {.bytes = {}, .end = "the sender closed the connection", .fault = {}};
  auto bytes = buffer.first(static_cast<std::size_t>(count));
  if (tls_ == nullptr) return {.bytes = {bytes.data(), bytes.size()}, .end = {}, .fault = {}};
  auto& opened = tls_->opened();
  opened.clear();
  if (auto good = tls_->receive(bytes); !good)
    return {.bytes = {}, .end = {}, .fault = good.error().message};
  return {.bytes = {opened.data(), opened.size()}, .end = {}, .fault = {}};
}

result<bool> sender_stream::send(std::string& bytes) {
  if (tls_ == nullptr) return send_some(socket_.number(), bytes);
  if (tls_->sealed().empty()) {
    std::vector<char> plain(bytes.begin(), bytes.end());
    tls_->write(plain);
    bytes.clear();
  }
  return send_some(socket_.number(), tls_->sealed());
}

void sender_stream::finish() {
  if (tls_ != nullptr) {
    tls_->finish();
    (void)send_some(socket_.number(), tls_->sealed());
  }
  ::shutdown(socket_.number(), SHUT_WR);
}

bool sender_stream::discard(std::span<char> buffer) {
  auto count = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
  return count > 0 || (count < 0 && would_block(errno));
}

} // namespace tickmesh
