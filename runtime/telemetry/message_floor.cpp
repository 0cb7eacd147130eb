#include "runtime/telemetry/message_floor.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <vector>

namespace tickmesh {

namespace {

constexpr std::size_t message_bytes = 200;
constexpr std::size_t rounds = 500;

class owned_socket {
public:
  explicit owned_socket(int fd) : fd_(fd) {}
  owned_socket(const owned_socket&) = delete;
  owned_socket& operator=(const owned_socket&) = delete;
  ~owned_socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

private:
  int fd_;
};

void send_at_once(int fd) {
  int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool receive(int fd, std::array<char, message_bytes>& message) {
  auto got = ::recv(fd, message.data(), message.size(), MSG_WAITALL);
  return got == static_cast<ssize_t>(message.size());
}

bool send(int fd, const std::array<char, message_bytes>& message) {
  auto put = ::send(fd, message.data(), message.size(), MSG_NOSIGNAL);
  return put == static_cast<ssize_t>(message.size());
}

} // namespace

std::optional<nanoseconds> measure_message_floor() {
  owned_socket listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  owned_socket near{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.get(), name, size) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), name, &size) != 0 || ::connect(near.get(), name, size) != 0)
    return std::nullopt;
  owned_socket far{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (far.get() < 0) return std::nullopt;
  send_at_once(near.get());
  send_at_once(far.get());
  std::jthread echo{[fd = far.get()] {
    std::array<char, message_bytes> message{};
    while (receive(fd, message) && send(fd, message)) {
    }
  }};
  std::vector<nanoseconds> round_trips;
  std::array<char, message_bytes> message{};
  for (std::size_t i = 0; i < rounds; ++i) {
    auto begin = std::chrono::steady_clock::now();
    if (!send(near.get(), message) || !receive(near.get(), message)) break;
    round_trips.emplace_back(std::chrono::steady_clock::now() - begin);
  }
  ::shutdown(near.get(), SHUT_RDWR);
  if (round_trips.size() < rounds) return std::nullopt;
  auto median = round_trips.begin() + rounds / 2;
  std::ranges::nth_element(round_trips, median);
  return *median / 2;
}

} // namespace tickmesh
