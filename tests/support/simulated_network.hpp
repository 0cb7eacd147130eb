// Hosts that talk through CAF and its protocol over wires in memory, on one virtual clock. A seed
// draws the order of their work and how long bytes are under way; a test cuts wires, holds what is
// on them, and pauses hosts.
#pragma once

#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/simulated_sockets.hpp"

#include <array>
#include <functional>
#include <map>

namespace tickmesh {

class simulated_middleman final : public caf::io::middleman {
public:
  simulated_middleman(caf::actor_system& system, simulated_wires& wires, std::size_t node)
      : middleman(system), loop_(&system, wires, node) {}
  caf::io::network::multiplexer& backend() override { return loop_; }

private:
  simulated_loop loop_;
};

/// One host of a simulated network, under the name by which others connect to it.
class simulated_node {
public:
  simulated_node(simulated_wires& wires, std::string called, std::size_t number, std::uint64_t seed)
      : name(std::move(called)), fixture(seed, [&wires, number](caf::actor_system_config& config) {
          config.module_factories.emplace_back([&wires, number](caf::actor_system& system) {
            return new simulated_middleman(system, wires, number);
          });
        }) {}

  simulated_loop& loop() {
    return dynamic_cast<simulated_loop&>(fixture.system().middleman().backend());
  }

  /// Listens on `port` for who asks for `whom`.
  void publish(const caf::actor& whom, std::uint16_t port) {
    fixture.run(); // the middleman's actor has to be waiting for what it is asked
    fixture.scheduler().inline_next_enqueue();
    REQUIRE(fixture.system().middleman().publish(whom, port));
  }

  const std::string name;
  actor_system_fixture fixture;
  bool is_paused = false;
  std::chrono::nanoseconds missed{}; ///< of the time, while it was paused
};

class simulated_network final : public simulated_wires {
public:
  using duration = std::chrono::nanoseconds;

  /// Seed 0: everything in the order in which it came.
  explicit simulated_network(std::uint64_t seed = 0) : seed_(seed), random_(seed) {}
  simulated_network(const simulated_network&) = delete;
  simulated_network& operator=(const simulated_network&) = delete;
  ~simulated_network() {
    for (auto& node : nodes_)
      node->is_paused = false;
    for (auto& node : nodes_)
      node->fixture.end();
  }

  /// Handles of its actors have to be gone before the network is.
  simulated_node& add(const std::string& name) {
    nodes_.push_back(std::make_unique<simulated_node>(*this, name, nodes_.size(),
                                                      seed_ == 0 ? 0 : seed_ + nodes_.size()));
    return *nodes_.back();
  }

  duration now() const { return now_; }

  /// How long bytes are under way from now on, drawn for each write; they stay in order.
  void set_delay(duration least, duration most) { delay_ = {least, most}; }

  /// Ends every connection between two hosts, with what is on it; both are told.
  void cut(const simulated_node& a, const simulated_node& b) {
    for (auto& each : wires_)
      if (each.joins(a, b)) end(each);
  }

  /// From now on bytes between two hosts wait, and nobody is told; connections cannot be made.
  void hold(const simulated_node& a, const simulated_node& b) { held_.insert(key(a, b)); }
  void release(const simulated_node& a, const simulated_node& b) {
    held_.erase(key(a, b));
    send_waiting();
  }

  /// A paused host does nothing, and its time stands still; then it has missed all of it at once.
  void pause(simulated_node& node) { node.is_paused = true; }
  void resume(simulated_node& node) {
    node.is_paused = false;
    node.fixture.scheduler().clock().advance_time(std::exchange(node.missed, {}));
    send_waiting();
  }

  /// Works until nothing is left to do at the present time.
  void run() {
    for (std::uint64_t steps = 0; deliver() || step(); ++steps)
      REQUIRE(steps < steps_max);
  }

  void pass(duration time) {
    run();
    for (auto until = now_ + time; now_ < until; run())
      advance(until);
  }

  /// Lets time pass until `condition` holds; false when it does not within `limit`.
  template <class Condition>
  bool run_until(Condition condition, duration limit) {
    run();
    for (auto until = now_ + limit; !condition(); run()) {
      if (now_ >= until) return false;
      advance(until);
    }
    return true;
  }

  // Of simulated_wires.

  caf::expected<caf::io::scribe_ptr> connect(std::size_t from, const std::string& host,
                                             std::uint16_t port) override {
    auto found = listeners_.find({host, port});
    if (found == listeners_.end()) return caf::sec::cannot_connect_to_node;
    auto& to = *found->second;
    if (held_.contains(key(*nodes_[from], *nodes_[to.node()])))
      return caf::sec::cannot_connect_to_node;
    auto number = wires_.size();
    auto& made = wires_.emplace_back();
    made.nodes = {nodes_[from].get(), nodes_[to.node()].get()};
    for (std::size_t side : {0, 1})
      made.ends[side] = caf::make_counted<simulated_connection>(*this, made.nodes[side]->loop(),
                                                                ++last_handle_, number, side, port);
    made.listener = found->second;
    put_on(made, 0, [this, &made] {
      made.is_accepted = true;
      if (!made.listener->accept(made.ends[1])) end(made);
    });
    return caf::io::scribe_ptr{made.ends[0]};
  }

  caf::expected<caf::io::doorman_ptr> listen(std::size_t node, std::uint16_t port) override {
    auto& place = listeners_[{nodes_.at(node)->name, port}];
    if (place != nullptr) return caf::sec::cannot_open_port;
    place = caf::make_counted<simulated_listener>(*this, nodes_[node]->loop(), ++last_handle_, node,
                                                  port);
    return caf::io::doorman_ptr{place};
  }

  void send(simulated_connection& from, std::vector<char> bytes) override {
    auto& to = wires_[from.link()].ends[1 - from.side()];
    put_on(wires_[from.link()], from.side(),
           [to, bytes = std::move(bytes)] { to->receive(bytes); });
  }
  void finish(simulated_connection& from) override {
    put_on(wires_[from.link()], from.side(),
           [to = wires_[from.link()].ends[1 - from.side()]] { to->lose(); });
  }
  void begin_reading(simulated_connection& by) override {
    under_way_.emplace(now_, [this, &by] {
      auto& on = wires_[by.link()];
      take_off(on, 1 - by.side());
      if (on.has_ended) by.lose();
    });
  }
  void begin_accepting() override {
    under_way_.emplace(now_, [this] { send_waiting(); });
  }
  void forget(simulated_listener& listener) override {
    listeners_.erase({nodes_[listener.node()]->name, listener.port()});
  }

private:
  static constexpr std::uint64_t steps_max = 20'000'000;
  static constexpr duration time_step = std::chrono::milliseconds{5};
  using arrival = std::function<void()>;

  struct wire {
    std::array<simulated_node*, 2> nodes{}; ///< who connected, who accepted
    std::array<caf::intrusive_ptr<simulated_connection>, 2> ends{};
    caf::intrusive_ptr<simulated_listener> listener{};
    std::array<duration, 2> last_due{};           ///< of what each end has sent
    std::array<std::deque<arrival>, 2> waiting{}; ///< that is held, by who sent it
    bool is_accepted = false;
    bool has_ended = false;

    bool joins(const simulated_node& a, const simulated_node& b) const {
      return (nodes[0] == &a && nodes[1] == &b) || (nodes[0] == &b && nodes[1] == &a);
    }
  };

  using pair_key = std::pair<const simulated_node*, const simulated_node*>;
  static pair_key key(const simulated_node& a, const simulated_node& b) {
    return &a < &b ? pair_key{&a, &b} : pair_key{&b, &a};
  }

  /// As by a system's buffer, until the end that they go to reads, or accepts them.
  bool is_held(const wire& on, std::size_t from) const {
    auto to = 1 - from;
    bool is_for_listener = from == 0 && !on.is_accepted;
    bool is_awaited = is_for_listener ? on.listener->is_launched() : on.ends[to]->is_reading();
    return held_.contains(key(*on.nodes[0], *on.nodes[1])) || on.nodes[to]->is_paused ||
           !is_awaited;
  }

  duration draw_delay() {
    std::uniform_int_distribution<std::int64_t> any{delay_.first.count(), delay_.second.count()};
    return duration{any(random_)};
  }

  void put_on(wire& which, std::size_t from, arrival what) {
    auto& due = which.last_due[from];
    due = std::max(due, now_ + draw_delay());
    under_way_.emplace(due, [this, &which, from, what = std::move(what)]() mutable {
      which.waiting[from].push_back(std::move(what));
      take_off(which, from);
    });
  }

  /// Hands over what has come to the end of a wire, unless it is held there.
  void take_off(wire& which, std::size_t from) {
    auto& waiting = which.waiting[from];
    while (!waiting.empty() && !is_held(which, from)) {
      auto next = std::move(waiting.front());
      waiting.pop_front();
      if (!which.has_ended) next();
    }
  }

  void send_waiting() {
    for (auto& each : wires_)
      for (std::size_t from : {0, 1})
        take_off(each, from);
  }

  void end(wire& which) {
    which.has_ended = true;
    for (auto& end : which.ends)
      if (end->is_reading()) end->lose();
  }

  /// What is due; false when nothing is.
  bool deliver() {
    if (under_way_.empty() || under_way_.begin()->first > now_) return false;
    auto next = under_way_.extract(under_way_.begin());
    next.mapped()();
    return true;
  }

  /// One job of one host, or of its loop; false when there is none.
  bool step() {
    auto first = seed_ == 0 ? 0 : random_() % (2 * nodes_.size());
    for (std::size_t i = 0; i < 2 * nodes_.size(); ++i) {
      auto which = (first + i) % (2 * nodes_.size());
      auto& node = *nodes_[which / 2];
      if (node.is_paused) continue;
      if (which % 2 == 0 ? node.fixture.step() : node.loop().try_run_once()) return true;
    }
    return false;
  }

  void advance(duration until) {
    auto next = std::min(until, now_ + time_step);
    if (!under_way_.empty()) next = std::min(next, std::max(now_, under_way_.begin()->first));
    auto time = next - now_;
    now_ = next;
    for (auto& node : nodes_)
      if (node->is_paused)
        node->missed += time;
      else
        node->fixture.scheduler().clock().advance_time(time);
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  duration now_{};
  std::pair<duration, duration> delay_{};
  std::deque<wire> wires_; ///< stay where they are
  std::map<std::pair<std::string, std::uint16_t>, caf::intrusive_ptr<simulated_listener>>
      listeners_;
  std::multimap<duration, arrival> under_way_;
  std::set<pair_key> held_;
  std::int64_t last_handle_ = 0;
  std::vector<std::unique_ptr<simulated_node>> nodes_; ///< last: they end first
};

} // namespace tickmesh
