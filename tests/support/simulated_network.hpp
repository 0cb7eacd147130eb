// Hosts that talk through CAF and its protocol over wires in memory, on one virtual clock. A seed
// draws the order of their work and how long bytes are under way; a test cuts wires, holds what is
// on them, and pauses hosts.
#pragma once

#include "runtime/net/connect_failure.hpp"
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
  simulated_node(simulated_wires& wires, std::string called, std::size_t index, std::uint64_t seed,
                 std::chrono::milliseconds timeout)
      : name(std::move(called)), number(index),
        fixture(seed, [&wires, index, timeout](caf::actor_system_config& config) {
          config.set("middleman.connection-timeout", caf::timespan{timeout});
          config.module_factories.emplace_back([&wires, index](caf::actor_system& system) {
            return new simulated_middleman(system, wires, index);
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
  const std::size_t number;
  actor_system_fixture fixture;
  bool is_paused = false;
  bool is_dead = false;
  std::chrono::nanoseconds missed{}; ///< of the time, while it was paused
};

/// What becomes of the connections of a process that dies.
enum class last_breath {
  finished, ///< what it has sent arrives, and then the end
  reset,    ///< what is under way is lost; the others are told
  silent,   ///< its machine is gone: nobody is told
};

class simulated_network final : public simulated_wires {
public:
  using duration = std::chrono::nanoseconds;

  /// Seed 0: everything in the order in which it came. Connections that are silent for longer than
  /// `timeout` are closed by their ends.
  explicit simulated_network(std::uint64_t seed = 0, std::chrono::milliseconds timeout =
                                                         actor_system_options{}.network_timeout)
      : seed_(seed), random_(seed), timeout_(timeout) {}
  simulated_network(const simulated_network&) = delete;
  simulated_network& operator=(const simulated_network&) = delete;
  ~simulated_network() {
    for (auto& node : nodes_)
      node->is_paused = false;
    for (auto& node : nodes_)
      if (!node->is_dead) node->fixture.end();
  }

  /// Handles of its actors have to be gone before the network is.
  simulated_node& add(const std::string& name) {
    nodes_.push_back(std::make_unique<simulated_node>(
        *this, name, nodes_.size(), seed_ == 0 ? 0 : seed_ + nodes_.size(), timeout_));
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
  void hold(const simulated_node& a, const simulated_node& b) {
    hold_one_way(a, b);
    hold_one_way(b, a);
  }
  /// The same of what one sends to the other.
  void hold_one_way(const simulated_node& from, const simulated_node& to) {
    held_.insert({&from, &to});
  }
  void release(const simulated_node& a, const simulated_node& b) {
    held_.erase({&a, &b});
    held_.erase({&b, &a});
    send_waiting();
  }

  /// All that CAF knows of the actors of another host is gone, and its connection is well. So it
  /// may be after a reconnect: what is still to be forgotten of the old connection takes new
  /// handles with it.
  void forget_actors(simulated_node& at, simulated_node& of) {
    auto broker =
        at.fixture.system().middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
    auto* basp = caf::actor_cast<caf::abstract_actor*>(broker);
    dynamic_cast<caf::io::basp_broker&>(*basp).proxies().erase(of.fixture.system().node());
  }

  /// The process of a host is gone, with all that it had in memory.
  void kill(simulated_node& node, last_breath breath) {
    node.is_dead = true;
    for (auto& each : wires_)
      for (std::size_t side : {0, 1})
        if (each.nodes[side] == &node && !each.has_ended) break_off(each, side, breath);
    std::erase_if(listeners_, [&](auto& entry) { return entry.second->node() == node.number; });
    node.fixture.end();
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
      if (steps == steps_max) throw std::runtime_error{"the hosts never come to rest"};
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
    if (found == listeners_.end()) return make_connect_failure("nothing listens there", true);
    auto& to = *found->second;
    if (is_cut_off(*nodes_[from], *nodes_[to.node()]))
      return make_connect_failure("the way there is closed", false);
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
    if (!nodes_[listener.node()]->is_dead)
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

  using way = std::pair<const simulated_node*, const simulated_node*>; ///< from, to
  bool is_cut_off(const simulated_node& a, const simulated_node& b) const {
    return held_.contains({&a, &b}) || held_.contains({&b, &a});
  }

  /// As by a system's buffer, until the end that they go to reads, or accepts them.
  bool is_held(const wire& on, std::size_t from) const {
    auto to = 1 - from;
    bool is_for_listener = from == 0 && !on.is_accepted;
    bool is_awaited = is_for_listener ? on.listener->is_launched() : on.ends[to]->is_reading();
    return held_.contains({on.nodes[from], on.nodes[to]}) || on.nodes[to]->is_paused ||
           on.nodes[to]->is_dead || !is_awaited;
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
    for (std::size_t side : {0, 1})
      if (which.ends[side]->is_reading() && !which.nodes[side]->is_dead) which.ends[side]->lose();
  }

  /// The process at one side is gone.
  void break_off(wire& which, std::size_t side, last_breath breath) {
    which.waiting[1 - side].clear();
    if (breath == last_breath::reset) return end(which);
    if (breath == last_breath::finished)
      put_on(which, side, [to = which.ends[1 - side]] { to->lose(); });
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
      if (node.is_paused || node.is_dead) continue;
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
      else if (!node->is_dead)
        node->fixture.scheduler().clock().advance_time(time);
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::chrono::milliseconds timeout_;
  duration now_{};
  std::pair<duration, duration> delay_{};
  std::deque<wire> wires_; ///< stay where they are
  std::map<std::pair<std::string, std::uint16_t>, caf::intrusive_ptr<simulated_listener>>
      listeners_;
  std::multimap<duration, arrival> under_way_;
  std::set<way> held_;
  std::int64_t last_handle_ = 0;
  std::vector<std::unique_ptr<simulated_node>> nodes_; ///< last: they end first
};

} // namespace tickmesh
