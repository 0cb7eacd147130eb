// One process of a raw TCP relay, the floor under the delay from tick to order and under its CPU:
// the processes, hops, bytes and pace of the path, by plain sockets and one thread each. The
// command line and the output are those of relay_node.
//
//   tcp_relay sink   --announce FILE --sources N
//   tcp_relay calc   --announce FILE --next ADDR:PORT --forward-every N
//   tcp_relay source --announce FILE --next ADDR:PORT --rate N --ticks N --tick-bytes N
#include "perf/relay_arguments.hpp"
#include "runtime/net/event_wait.hpp"
#include "runtime/net/sockets.hpp"
#include "runtime/telemetry/delay_histogram.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <functional>
#include <iostream>
#include <list>
#include <optional>
#include <vector>

namespace tickmesh {

namespace {

/// Begins a frame. One without ticks ends a source.
struct frame_head {
  std::int64_t due_ns = 0; ///< of its first tick
  std::uint32_t ticks = 0;
  std::uint32_t bytes = 0; ///< that follow
};

/// A connection and what it has received of the next frames.
class stream {
public:
  explicit stream(file_descriptor socket) : socket_(std::move(socket)) {
    prepare_stream(socket_.number());
  }

  int number() const { return socket_.number(); }

  void send(const frame_head& head) {
    out_.resize(sizeof(head) + head.bytes);
    std::memcpy(out_.data(), &head, sizeof(head));
    for (std::size_t sent = 0; sent < out_.size();) {
      auto count = ::send(number(), out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN) stop(std::strerror(errno));
      if (count > 0) sent += static_cast<std::size_t>(count);
    }
  }

  /// Calls `take` for each frame that is there; false at the end of the connection.
  template <class Take>
  bool receive(const Take& take) {
    auto count = ::recv(number(), in_.data() + filled_, in_.size() - filled_, 0);
    if (count <= 0) return count < 0 && errno == EAGAIN;
    filled_ += static_cast<std::size_t>(count);
    std::size_t begin = 0;
    frame_head head;
    while (filled_ - begin >= sizeof(head)) {
      std::memcpy(&head, in_.data() + begin, sizeof(head));
      auto size = sizeof(head) + head.bytes;
      if (size > in_.size()) in_.resize(size);
      if (filled_ - begin < size) break;
      take(head);
      begin += size;
    }
    std::memmove(in_.data(), in_.data() + begin, filled_ - begin);
    filled_ -= begin;
    return true;
  }

private:
  file_descriptor socket_;
  std::vector<char> in_ = std::vector<char>(1 << 16);
  std::size_t filled_ = 0;
  std::vector<char> out_;
};

/// A loop of one thread over a port and connections.
class relay_loop {
public:
  using taker = std::function<void(stream& from, const frame_head&)>;

  explicit relay_loop(taker take) : take_(std::move(take)) {
    ::prctl(PR_SET_TIMERSLACK, 1);
    epoll_ = file_descriptor{::epoll_create1(EPOLL_CLOEXEC)};
    listening_ = file_descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listening_.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening_.number(), 16) != 0)
      stop(std::strerror(errno));
    watch(listening_.number(), nullptr);
  }

  void announce(const std::string& file) const {
    write_announcement(file, own_name(listening_.number()).port);
  }

  stream& connect(const std::string& address) {
    auto colon = address.rfind(':');
    auto socket = connect_tcp(address.substr(0, colon),
                              static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1))),
                              std::chrono::seconds{5});
    if (!socket) stop(socket.error().message);
    return add(std::move(*socket));
  }

  /// Serves what is there, and waits for it for up to `sleep_ns`; none: for as long as it takes.
  void turn(std::optional<std::int64_t> sleep_ns) {
    timespec timeout{};
    if (sleep_ns) timeout = {*sleep_ns / 1'000'000'000, *sleep_ns % 1'000'000'000};
    auto count = wait_.wait(epoll_.number(), events_, sleep_ns ? &timeout : nullptr);
    for (std::size_t i = 0; i < count; ++i) {
      auto* from = static_cast<stream*>(events_[i].data.ptr);
      if (from == nullptr)
        add(file_descriptor{::accept(listening_.number(), nullptr, nullptr)});
      else if (!from->receive([&](auto& head) { take_(*from, head); }))
        ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, from->number(), nullptr);
    }
  }

private:
  stream& add(file_descriptor socket) {
    auto& out = streams_.emplace_back(std::move(socket));
    watch(out.number(), &out);
    return out;
  }
  void watch(int number, stream* what) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.ptr = what;
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, number, &wanted);
  }

  taker take_;
  file_descriptor epoll_, listening_;
  event_wait wait_;
  std::array<epoll_event, 16> events_{};
  std::list<stream> streams_;
};

void run_sink(const relay_arguments& given) {
  delay_histogram delays;
  auto missing = given.number("--sources");
  relay_loop loop{[&](stream&, const frame_head& head) {
    if (head.ticks > 0)
      delays.add(relay_now_ns() - head.due_ns);
    else
      --missing;
  }};
  loop.announce(given.text("--announce"));
  while (missing > 0)
    loop.turn(std::nullopt);
  print_delays(delays);
}

void run_calc(const relay_arguments& given) {
  stream* next = nullptr;
  auto every = given.number("--forward-every");
  std::uint64_t seen = 0;
  relay_loop loop{[&](stream&, const frame_head& head) {
    if (head.ticks == 0) return next->send({head.due_ns, 0, 0});
    auto before = seen / every;
    seen += head.ticks;
    for (auto crossed = before; crossed < seen / every; ++crossed)
      next->send({head.due_ns, 1, relay_signal_bytes});
  }};
  next = &loop.connect(given.text("--next"));
  loop.announce(given.text("--announce"));
  for (;;)
    loop.turn(std::nullopt);
}

void run_source(const relay_arguments& given) {
  stream *next = nullptr, *peer = nullptr;
  relay_loop loop{[&](stream& from, const frame_head& head) {
    // From the own peer it has come back; from another's, it goes back.
    (&from == peer ? *next : from).send(head);
  }};
  loop.announce(given.text("--announce"));
  next = &loop.connect(given.text("--next"));
  auto rate = given.number("--rate"), ticks = given.number("--ticks");
  auto tick_bytes = given.number("--tick-bytes");
  std::string peer_address;
  std::getline(std::cin, peer_address);
  if (peer_address != "-") peer = &loop.connect(peer_address);
  auto& to = peer != nullptr ? *peer : *next;
  relay_pace pace{rate};
  std::uint64_t sent = 0;
  while (sent < ticks) {
    auto now = relay_now_ns();
    auto first = sent;
    while (sent < ticks && pace.due_ns(sent) <= now)
      ++sent;
    if (sent > first)
      to.send({pace.due_ns(first), static_cast<std::uint32_t>(sent - first),
               static_cast<std::uint32_t>((sent - first) * tick_bytes)});
    if (sent < ticks) loop.turn(pace.sleep_ns(sent, relay_now_ns()));
  }
  to.send({relay_now_ns(), 0, 0});
  for (;;)
    loop.turn(std::nullopt);
}

} // namespace

} // namespace tickmesh

int main(int argc, char** argv) {
  using namespace tickmesh;
  std::string role = argc > 1 ? argv[1] : "";
  relay_arguments given{argc, argv};
  if (role == "sink")
    run_sink(given);
  else if (role == "calc")
    run_calc(given);
  else if (role == "source")
    run_source(given);
  else
    stop("\"" + role + "\" is no role; allowed: sink, calc, source");
}
