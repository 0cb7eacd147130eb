// A connection's way through a test: it listens, passes on what comes to a port of this machine,
// and can keep a copy, hold everything back, or cut.
#pragma once

#include "runtime/net/sockets.hpp"
#include "tests/support/child_process.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tickmesh {

class wire_tap {
public:
  explicit wire_tap(std::uint16_t port) : target_(port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening_ = file_descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    REQUIRE(::bind(listening_.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::listen(listening_.number(), 64) == 0);
    thread_ = std::thread{[this] { run(); }};
  }
  wire_tap(const wire_tap&) = delete;
  wire_tap& operator=(const wire_tap&) = delete;
  ~wire_tap() {
    ends_ = true;
    thread_.join();
  }

  std::uint16_t port() const { return own_name(listening_.number()).port; }

  /// All that clients have sent so far.
  std::string copied() const {
    std::lock_guard lock{mutex_};
    return copied_;
  }

  /// Nothing passes any more, and the connections stay.
  void hold() { holds_ = true; }
  void release() { holds_ = false; }
  /// All connections end, as with a cable that is pulled out.
  void cut() { cuts_ = true; }

private:
  struct pipe {
    file_descriptor client, server;
    bool over = false;
  };

  void run() {
    while (!ends_) {
      std::vector<pollfd> waited{{listening_.number(), POLLIN, 0}};
      for (auto& each : pipes_) {
        waited.push_back({each->client.number(), POLLIN, 0});
        waited.push_back({each->server.number(), POLLIN, 0});
      }
      if (holds_) waited.resize(1);
      ::poll(waited.data(), waited.size(), 5);
      if (cuts_.exchange(false)) pipes_.clear();
      if ((waited[0].revents & POLLIN) != 0) accept();
      if (holds_) continue;
      for (auto& each : pipes_) {
        pass(*each, each->client, each->server, true);
        pass(*each, each->server, each->client, false);
      }
      std::erase_if(pipes_, [](auto& each) { return each->over; });
    }
  }

  void accept() {
    file_descriptor client{::accept4(listening_.number(), nullptr, nullptr, SOCK_CLOEXEC)};
    auto server = connect_tcp("127.0.0.1", target_, patience);
    if (!client || !server) return;
    prepare_stream(client.number());
    pipes_.push_back(std::make_unique<pipe>());
    pipes_.back()->client = std::move(client);
    pipes_.back()->server = std::move(*server);
  }

  void pass(pipe& of, file_descriptor& from, file_descriptor& to, bool copies) {
    std::array<char, 65'536> piece{};
    auto count = ::recv(from.number(), piece.data(), piece.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      of.over = true;
      return;
    }
    std::string_view bytes{piece.data(), static_cast<std::size_t>(count)};
    if (copies) {
      std::lock_guard lock{mutex_};
      copied_ += bytes;
    }
    while (!bytes.empty() && !ends_) {
      auto sent = ::send(to.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) {
        of.over = true;
        return;
      }
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      pollfd waited{to.number(), POLLOUT, 0};
      if (sent < 0) ::poll(&waited, 1, 5);
    }
  }

  std::uint16_t target_;
  file_descriptor listening_;
  std::vector<std::unique_ptr<pipe>> pipes_; ///< of the thread
  mutable std::mutex mutex_;
  std::string copied_; ///< guarded by mutex_
  std::atomic<bool> ends_{false}, holds_{false}, cuts_{false};
  std::thread thread_;
};

} // namespace tickmesh
