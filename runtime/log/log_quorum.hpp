// Counts acknowledgements: which records of a log are accepted, and may thus be passed on. Plain
// class behind replica_links (docs/architecture.md, "Life of a tick", acceptance).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

namespace tickmesh {

/// Whose word a record needs.
enum class quorum_rule : std::uint8_t {
  everyone, ///< that of this host's log and of every replica that is required
  own_log,  ///< that of this host's log alone
};

/// `Number` counts records, or events, from 1.
template <class Number>
class log_quorum {
public:
  /// `start` is the last record at the start: it and those before it are accepted as far as the
  /// replicas that are required have them.
  log_quorum(quorum_rule rule, Number start) : rule_(rule), own_(start) {}

  /// This host's log holds every record up to `number`, as durably as is asked for.
  void logged(Number number) { own_ = std::max(own_, number); }

  /// Records need this replica from now on, or no more.
  void require(const std::string& host) { replicas_.try_emplace(host); }
  void release(const std::string& host) { replicas_.erase(host); }
  bool is_required(const std::string& host) const { return replicas_.contains(host); }

  /// A replica that is required holds every record up to `number`; others are ignored.
  void acknowledged(const std::string& host, Number number) {
    if (auto found = replicas_.find(host); found != replicas_.end())
      found->second = std::max(found->second, number);
  }

  /// The last record that is accepted. It never goes back.
  Number accepted() {
    auto lowest = own_;
    if (rule_ == quorum_rule::everyone)
      for (auto& [host, number] : replicas_)
        lowest = std::min(lowest, number);
    return accepted_ = std::max(accepted_, lowest);
  }

  Number logged() const { return own_; }

private:
  quorum_rule rule_;
  Number own_;
  Number accepted_{};
  std::map<std::string, Number> replicas_; ///< required ones
};

} // namespace tickmesh
