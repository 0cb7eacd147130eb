// Decides which records of a data slot are accepted, and may thus be passed on (DESIGN.md,
// section 4, "Replication").
#pragma once

#include "actors/market/tick_log/tick_log.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace tickmesh {

class acceptance {
public:
  /// `start` is the last record at the start: it and those before it are accepted as far as the
  /// replicas that are required have them.
  acceptance(publish_rule rule, record_number start) : rule_(rule), own_(start) {}

  /// This host's log holds every record up to `number`, as durably as is asked for.
  void logged(record_number number) { own_ = std::max(own_, number); }

  /// Records need this replica from now on, or no more.
  void require(const std::string& host) { replicas_.try_emplace(host); }
  void release(const std::string& host) { replicas_.erase(host); }
  bool is_required(const std::string& host) const { return replicas_.contains(host); }

  /// A replica that is required holds every record up to `number`; others are ignored.
  void acknowledged(const std::string& host, record_number number) {
    if (auto found = replicas_.find(host); found != replicas_.end())
      found->second = std::max(found->second, number);
  }

  /// The last record that is accepted. It never goes back.
  record_number accepted() {
    auto lowest = own_;
    if (rule_ == publish_rule::replicated)
      for (auto& [host, number] : replicas_)
        lowest = std::min(lowest, number);
    return accepted_ = std::max(accepted_, lowest);
  }

  record_number logged() const { return own_; }

private:
  publish_rule rule_;
  record_number own_;
  record_number accepted_{};
  std::map<std::string, record_number> replicas_; ///< required ones
};

} // namespace tickmesh
