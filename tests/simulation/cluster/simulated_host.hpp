// A host of the cluster simulation: a disk that outlives its processes, a clock of its own, and one
// life after the other.
#pragma once

#include "actors/control/host/host_agent_actor.hpp"
#include "apps/host/host_composition.hpp"
#include "tests/simulation/cluster/cluster_plan.hpp"
#include "tests/simulation/cluster/live_sender.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/simulated_network.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

class simulated_host {
public:
  /// Where the control host of every plan listens.
  static constexpr std::uint16_t control_port = 4000;

  /// `sender` is that of a live source, which begins with each life; null: all read `source`.
  simulated_host(simulated_network& network, const cluster_plan& plan, std::size_t number,
                 std::shared_ptr<const feed_source> source, live_sender* sender);
  simulated_host(const simulated_host&) = delete;
  simulated_host& operator=(const simulated_host&) = delete;
  ~simulated_host();

  /// Begins a life, with what the disk holds. Fails as a process does that can't start.
  result<void> start(std::uint64_t incarnation);

  /// The process is gone at once, and what it had in memory.
  void kill(last_breath breath);
  void lose_power(std::mt19937_64& random);
  /// Kills the process at the n-th call from now on by which it would change its disk.
  void kill_at_call(std::uint64_t n);
  /// From now on whoever syncs something stands still behind the call for 5 to 500 ms, as on a
  /// thread of its own: calls return at once, and what its actor does next waits. Or no more.
  void slow_disk(bool is_slow) { is_slow_ = is_slow; }
  /// Those that have waited for long enough go on.
  void wake_waiting();
  /// A kill_at_call has come true: the process does nothing any more, and is to be killed.
  bool is_doomed() const { return is_alive() && files_->has_ended(); }

  /// A process that has done its work ends, as run_process() does. True when one has.
  bool end_when_done();

  bool is_alive() const { return node_ != nullptr; }
  simulated_node& node() { return *node_; }
  simulated_disk& disk() { return disk_; }
  const caf::actor& agent() const { return host_.agent; }
  const std::string& id() const { return plan_.id; }
  /// The slots that its process runs, and since when it thinks that it owns them.
  std::map<slot_name, epoch> owned() const;
  void jump_clock(std::chrono::nanoseconds by) { clock_error_ += by; }

  /// Of the last process that has ended by itself.
  const std::optional<host_outcome>& outcome() const { return outcome_; }
  /// How far its data slots are, for people.
  std::vector<std::string> describe_slots() const;
  /// What the coordinator of this life thinks; null where there is none, or it has ended.
  const cluster_state* cluster() const;
  /// Of a control host whose process has ended by itself.
  const std::optional<cluster_view>& last_view() const { return last_view_; }
  /// A queue that is longer than it may be.
  std::optional<std::string> long_queue() const;
  /// Of the last heartbeat, on the control host.
  const std::optional<wire::Status>& status() const { return status_; }

  /// Where its slots keep what: `ticks`, `journal`.
  std::filesystem::path state_of(const std::string& what) const;
  std::vector<std::string> strategies() const;

  /// The rows that the host has written, without header lines.
  std::map<std::string, std::vector<std::string>> rows(const cluster_view& last);

private:
  const host_agent_state* agent_state() const; ///< null where none is at work
  const coordinator_state& coordinating() const;
  void on_disk_call(disk_call what);
  result<host_parts> prepare(std::uint64_t incarnation);

  simulated_network& network_;
  const planned_host& plan_;
  std::size_t number_;
  bool is_control_, keeps_port_;
  std::shared_ptr<const settings> config_;
  std::shared_ptr<const feed_source> source_;
  live_sender* sender_;
  std::chrono::nanoseconds clock_error_;
  std::uint16_t lives_ = 0;
  simulated_disk disk_;
  std::unique_ptr<disk_session> files_; ///< of the present life
  std::uint64_t calls_left_ = 0;        ///< until it is killed; 0: it is not
  bool is_slow_ = false;
  std::mt19937_64 random_;                                           ///< how long syncs take
  std::multimap<std::chrono::nanoseconds, caf::resumable*> waiting_; ///< for the disk, until when
  simulated_node* node_ = nullptr;                                   ///< null: no process
  composed_host host_;
  std::optional<cluster_view> last_view_;
  std::optional<host_outcome> host_done_, cluster_done_, outcome_;
  std::optional<wire::Status> status_;
};

} // namespace tickmesh
