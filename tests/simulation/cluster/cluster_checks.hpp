// What a simulated cluster must never do.
#pragma once

#include "actors/control/cluster/cluster_state.hpp"
#include "actors/market/feed/feed.hpp"
#include "tests/simulation/cluster/cluster_run.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tickmesh {

class simulated_host;

/// Looks at a cluster while it runs.
class cluster_checks {
public:
  using nanoseconds = std::chrono::nanoseconds;

  explicit cluster_checks(const cluster_plan& plan) : plan_(plan) {}

  /// A host is about to be lost. Null where no coordinator is there to see it.
  void lost(std::size_t host, const cluster_state* cluster, nanoseconds now);
  /// A fault is at work until then.
  void disturbed(nanoseconds until) { disturbed_until_ = std::max(disturbed_until_, until); }
  /// All is started again.
  void start_again();

  /// Whether nothing has happened that the cluster may end with.
  bool must_survive() const { return !may_end_ && plan_.severity != plan_severity::disaster; }

  /// A host was lost when all stopped: what it had written is told, and may be gone.
  bool may_lack_rows() const { return may_lack_rows_; }

  /// What is wrong now: two owners of a slot; a slot that stays without a second copy although
  /// there is a host for one and nothing is wrong with it; a queue beyond its limit.
  std::optional<std::string> look(const cluster_state& cluster,
                                  const std::vector<const simulated_host*>& hosts, nanoseconds now);

private:
  std::optional<std::string> find_two_owners(const std::vector<const simulated_host*>& hosts);
  std::optional<std::string> find_single_copy(const cluster_state& cluster, nanoseconds now);

  const cluster_plan& plan_;
  bool may_end_ = false;
  bool may_lack_rows_ = false;
  std::set<std::string> lost_; ///< hosts that have not come back
  nanoseconds disturbed_until_{};
  std::map<slot_name, nanoseconds> single_since_;
  std::uint64_t looks_ = 0;
  bool has_told_ = false;
};

/// The source of a market, and its results without faults; made once.
std::shared_ptr<const feed_source> market_source(std::uint64_t market);
const result_lines& market_rows(std::uint64_t market, bool is_live = false);

/// Where rows differ from those without faults; a part of them is enough unless `is_whole`.
std::vector<std::string> compare_rows(const result_lines& got, const result_lines& expected,
                                      bool is_whole);

/// `epoch 5 RUNNING: data/0@a+b?c ...`: owner, replicas in sync, replicas that are not.
std::string describe(const cluster_state& cluster);

} // namespace tickmesh
