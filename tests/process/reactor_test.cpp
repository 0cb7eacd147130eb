// The loop of a host on real sockets and threads: what is sent arrives, whole and in order; timers
// keep their time; nothing that other threads push is lost.
#include "runtime/net/event_wait.hpp"
#include "runtime/net/job_queue.hpp"

#include "tests/support/network_node.hpp"
#include "tests/support/wire_tap.hpp"

#include <caf/io/network/multiplexer.hpp>
#include <caf/scoped_execution_unit.hpp>

#include <sys/eventfd.h>

#include <algorithm>
#include <random>
#include <thread>

namespace tickmesh::reactor_test {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Notes when a timer of its own came, in the order of coming.
struct timer_log {
  std::mutex mutex;
  std::vector<int> came;
  std::vector<milliseconds> early;

  std::size_t size() {
    std::lock_guard lock{mutex};
    return came.size();
  }
};

caf::behavior timer_actor(caf::event_based_actor* self, std::shared_ptr<timer_log> log) {
  auto begin = steady_clock::now();
  for (int due : {90, 30, 60, 0, 1})
    self->delayed_send(self, milliseconds{due}, control_bytes{std::to_string(due)});
  return {[log, begin](const control_bytes& timer) {
    auto due = milliseconds{std::stoi(timer.bytes)};
    std::lock_guard lock{log->mutex};
    log->came.push_back(std::stoi(timer.bytes));
    if (steady_clock::now() - begin < due) log->early.push_back(due);
  }};
}

/// Sends `count` texts of many sizes without waiting, and counts those that come back as they were.
struct burst {
  std::atomic<int> right{0}, wrong{0};
};

std::string text_of(int i) {
  auto size = static_cast<std::size_t>(i) * 7'919 % 200'000;
  return std::string(size, static_cast<char>('a' + i % 26)) + std::to_string(i);
}

caf::behavior burst_actor(caf::event_based_actor* self, caf::actor echo, int count,
                          std::shared_ptr<burst> seen) {
  for (int i = 0; i < count; ++i)
    self->send(echo, control_bytes{text_of(i)});
  return {[seen, next = 0](const control_bytes& answer) mutable {
    ++(answer.bytes == text_of(next++) ? seen->right : seen->wrong);
  }};
}

class counted_job final : public caf::io::network::multiplexer::runnable {
public:
  explicit counted_job(std::atomic<int>& count) : count_(count) {}
  resume_result resume(caf::execution_unit*, std::size_t) override {
    ++count_;
    return done;
  }

private:
  std::atomic<int>& count_;
};

} // namespace

TEST_CASE("messages of all sizes arrive whole and in order, through either scheduler") {
  for (auto scheduler : {scheduler_kind::reactor, scheduler_kind::caf}) {
    actor_system_options options;
    options.scheduler = scheduler;
    network_node server{options}, client{options};
    auto echo = client.connect(server.publish(server.spawn(echo_actor)));
    auto seen = std::make_shared<burst>();
    client.spawn(burst_actor, echo, 300, seen);
    CHECK(wait_until(patience, [&] { return seen->right + seen->wrong == 300; }));
    CHECK(seen->wrong == 0);
    CHECK(server.traffic().refused_packets == 0);
  }
}

TEST_CASE("a node that ends in the middle of talk leaves nothing behind") {
  for (int i = 0; i < 20; ++i) {
    CAPTURE(i);
    actor_system_options options;
    options.scheduler = i % 2 == 0 ? scheduler_kind::reactor : scheduler_kind::caf;
    network_node server{options};
    auto port = server.publish(server.spawn(echo_actor));
    auto seen = std::make_shared<burst>();
    network_node client{options};
    client.spawn(burst_actor, client.connect(port), 100, seen);
    REQUIRE(wait_until(patience, [&] { return seen->right > i; }));
    CHECK(seen->wrong == 0);
  }
}

TEST_CASE("timers come in order and not early, for actors of the loop and of other threads") {
  network_node node;
  auto here = std::make_shared<timer_log>(), elsewhere = std::make_shared<timer_log>();
  node.spawn(timer_actor, here);
  auto detached = node.system().spawn<caf::detached>(timer_actor, elsewhere);
  for (auto& log : {here, elsewhere}) {
    CHECK(wait_until(patience, [&] { return log->size() == 5; }));
    CHECK(log->came == std::vector{0, 1, 30, 60, 90});
    CHECK(log->early.empty());
  }
  caf::anon_send_exit(detached, caf::exit_reason::user_shutdown);
}

TEST_CASE("a request that is not answered ends in time") {
  network_node node;
  auto silent = node.spawn([](caf::event_based_actor* self) -> caf::behavior {
    return {[self](const control_bytes&) { self->make_response_promise(); }};
  });
  caf::scoped_actor self{node.system()};
  auto begin = steady_clock::now();
  bool failed = false;
  self->request(silent, milliseconds{30}, control_bytes{"?"})
      .receive([](const control_bytes&) {},
               [&](const caf::error& why) { failed = why == caf::sec::request_timeout; });
  CHECK(failed);
  CHECK(steady_clock::now() - begin >= milliseconds{30});
}

TEST_CASE("jobs that several threads push are all done, while the loop waits and while it works") {
  caf::actor_system_config config;
  caf::actor_system system{config};
  caf::scoped_execution_unit unit{&system};
  constexpr int threads = 3, jobs = 20'000;
  std::atomic<int> done{0};
  job_queue queue;
  event_wait waiting;
  file_descriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
  epoll_event wake{};
  wake.events = EPOLLIN | EPOLLET;
  REQUIRE(::epoll_ctl(epoll.number(), EPOLL_CTL_ADD, queue.wake_descriptor(), &wake) == 0);
  std::vector<std::thread> pushing;
  for (int t = 0; t < threads; ++t)
    pushing.emplace_back([&] {
      for (int i = 0; i < jobs; ++i)
        queue.push(new counted_job{done});
    });
  job_queue::guard here{queue};
  timespec timeout{patience.count(), 0};
  std::array<epoll_event, 4> events{};
  std::size_t missed = 0;
  while (done < threads * jobs && missed == 0) {
    if (queue.run(unit, std::chrono::microseconds{50}) || !queue.begin_wait()) continue;
    if (done == threads * jobs) break;
    missed += waiting.wait(epoll.number(), events, &timeout) == 0 ? 1u : 0u;
    queue.end_wait();
  }
  for (auto& thread : pushing)
    thread.join();
  queue.run_all(unit);
  CHECK(done == threads * jobs);
  CHECK(missed == 0);
}

TEST_CASE("a wait lasts as long as it should, where the system counts nanoseconds or not") {
  file_descriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
  std::array<epoll_event, 1> events{};
  for (bool exact : {true, false}) {
    event_wait waiting{exact};
    for (auto wanted : {std::chrono::microseconds{0}, std::chrono::microseconds{100},
                        std::chrono::microseconds{3'400}}) {
      timespec timeout{0, std::chrono::nanoseconds{wanted}.count()};
      auto begin = steady_clock::now();
      CHECK(waiting.wait(epoll.number(), events, &timeout) == 0);
      CHECK(steady_clock::now() - begin >= wanted);
    }
    file_descriptor ready{::eventfd(1, EFD_CLOEXEC)};
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    REQUIRE(::epoll_ctl(epoll.number(), EPOLL_CTL_ADD, ready.number(), &wanted) == 0);
    CHECK(waiting.wait(epoll.number(), events, nullptr) == 1);
  }
}

TEST_CASE("connecting to a port on which nothing listens fails, and says so") {
  std::uint16_t port = 0;
  {
    network_node gone;
    port = gone.publish(gone.spawn(echo_actor));
  }
  auto refused = connect_tcp("127.0.0.1", port, patience);
  REQUIRE(!refused);
  CHECK(refused.error().message == "127.0.0.1:" + std::to_string(port) + ": Connection refused");
  network_node node;
  auto found = node.try_connect(port);
  REQUIRE(!found);
  CHECK(describe(found.error()) == "nothing listens there, or the way there is closed");
}

TEST_CASE("a port that a socket got for its own is no host that answers") {
  // Whoever connects from the port that it connects to meets itself, and the system sees no fault.
  file_descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* name = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(socket.number(), name, sizeof address) == 0);
  address.sin_port = htons(own_name(socket.number()).port);
  REQUIRE(::connect(socket.number(), name, sizeof address) == 0);
  CHECK(is_own_end(socket.number()));
}

TEST_CASE("a cut connection is noticed, and another one works") {
  network_node server, client;
  wire_tap tap{server.publish(server.spawn(echo_actor))};
  auto echo = client.connect(tap.port());
  CHECK(client.ask(echo, "before") == "before");
  std::atomic<bool> is_down{false};
  echo->attach_functor([&](const caf::error&) { is_down = true; });
  tap.cut();
  CHECK(wait_until(patience, [&] { return is_down.load(); }));
  caf::actor again;
  CHECK(wait_until(patience, [&] {
    auto found = client.try_connect(tap.port());
    if (found) again = *found;
    return found.engaged();
  }));
  CHECK(client.ask(again, "after") == "after");
}

TEST_CASE("a peer that stops reading is cut off, and what waits for it is bounded") {
  actor_system_options options;
  options.network_timeout = std::chrono::hours{1}; // so that silence is not what ends it
  options.limits.unsent_mib_max = 4;
  network_node server{options}, client{options};
  auto port = server.publish(server.spawn(echo_actor));
  wire_tap tap{port};
  auto held = client.connect(tap.port());
  CHECK(client.ask(held, "x") == "x");
  tap.hold();
  // 64 MiB: more than two sockets, a tap and the limit take together.
  client.spawn([held](caf::event_based_actor* self) {
    for (int i = 0; i < 256; ++i)
      self->send(held, control_bytes{std::string(256 << 10, 'x')});
  });
  CHECK(wait_until(patience, [&] { return client.traffic().unread == 1; }));
  network_node other;
  CHECK(other.ask(other.connect(port), "still there") == "still there");
}

} // namespace tickmesh::reactor_test
