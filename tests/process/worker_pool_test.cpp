// Actors that threads beside the reactor's loop run.
#include "runtime/net/worker_actor.hpp"
#include "tests/support/network_node.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

namespace tickmesh::worker_pool_test {

namespace {

/// Which threads have run each actor, and how many messages.
struct places {
  void note(std::uint64_t actor) {
    std::lock_guard lock{mutex};
    threads[actor].insert(std::this_thread::get_id());
    ++messages;
  }

  std::mutex mutex;
  std::map<std::uint64_t, std::set<std::thread::id>> threads;
  std::uint64_t messages = 0;
};

struct noting_state {
  const char* name = "noting";
};

template <class Base>
caf::behavior noting(caf::stateful_actor<noting_state, Base>* self, std::shared_ptr<places> seen) {
  set_fault_handlers(self);
  return {[self, seen](const control_bytes& message) {
    seen->note(self->id());
    if (message.bytes == "crash") throw std::runtime_error{"as it was told"};
    return message;
  }};
}

using beside = caf::stateful_actor<noting_state, worker_actor>;
using in_loop = caf::stateful_actor<noting_state>;

actor_system_options with_threads(std::uint32_t threads) {
  actor_system_options out;
  out.scheduler_threads = threads;
  return out;
}

constexpr int actors = 40;
constexpr int messages = 200;

/// Sends messages to actors of each kind, and waits for all answers.
void talk(network_node& node, const std::shared_ptr<places>& of_workers,
          const std::shared_ptr<places>& of_loop) {
  caf::scoped_actor self{node.system()};
  std::vector<caf::actor> all;
  for (int i = 0; i < actors; ++i) {
    all.push_back(node.spawn(noting<worker_actor>, of_workers));
    all.push_back(node.spawn(noting<caf::event_based_actor>, of_loop));
  }
  for (int i = 0; i < messages; ++i)
    for (auto& actor : all)
      self->send(actor, control_bytes{std::to_string(i)});
  std::map<caf::actor_addr, int> next;
  for (int i = 0; i < messages * actors * 2; ++i)
    self->receive(
        [&](const control_bytes& answer) {
          auto from = caf::actor_cast<caf::actor_addr>(self->current_sender());
          REQUIRE(answer.bytes == std::to_string(next[from]++)); // in order
        },
        caf::after(patience) >> [] { FAIL("an answer is missing"); });
}

} // namespace

TEST_CASE("workers run their actors, each always the same one; the loop runs the others") {
  for (std::uint32_t threads : {1U, 2U, 4U}) {
    CAPTURE(threads);
    auto of_workers = std::make_shared<places>();
    auto of_loop = std::make_shared<places>();
    {
      network_node node{with_threads(threads)};
      talk(node, of_workers, of_loop);
    }
    std::set<std::thread::id> workers;
    std::set<std::thread::id> loop;
    for (auto& [actor, where] : of_workers->threads) {
      CHECK(where.size() == 1);
      workers.insert(where.begin(), where.end());
    }
    for (auto& [actor, where] : of_loop->threads)
      loop.insert(where.begin(), where.end());
    CHECK(of_workers->messages == std::uint64_t{messages} * actors);
    REQUIRE(loop.size() == 1);
    if (threads == 1) {
      CHECK(workers == loop);
    } else {
      CHECK(workers.size() == threads - 1);
      CHECK(!workers.contains(*loop.begin()));
    }
  }
}

TEST_CASE("a system that ends has done what its workers were given") {
  for (int round = 0; round < 20; ++round) {
    auto seen = std::make_shared<places>();
    {
      network_node node{with_threads(3)};
      for (int i = 0; i < actors; ++i) {
        auto actor = node.spawn(noting<worker_actor>, seen);
        for (int n = 0; n < 50; ++n)
          caf::anon_send(actor, control_bytes{"x"});
      }
    } // asks each to end, behind its messages
    CHECK(seen->messages == std::uint64_t{actors} * 50);
  }
}

TEST_CASE("an actor that crashes on a worker says why") {
  network_node node{with_threads(2)};
  auto actor = node.spawn(noting<worker_actor>, std::make_shared<places>());
  caf::scoped_actor self{node.system()};
  self->monitor(actor);
  self->send(actor, control_bytes{"crash"});
  std::string reason;
  self->receive([&](const caf::down_msg& down) { reason = describe(down.reason); },
                [](const caf::error&) {}, caf::after(patience) >> [] { FAIL("it lives on"); });
  CHECK(reason.find("as it was told") != std::string::npos);
}

} // namespace tickmesh::worker_pool_test
