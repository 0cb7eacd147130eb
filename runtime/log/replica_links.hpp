// The copies of a log on other hosts, as the log's owner sees them: who has said hello, what is on
// its way to whom, how far each is, and which of them records wait for. Plain class behind the
// owner, who reads the records and moves the messages.
//
//   replica --hello--> owner --where its log has to end--> replica --acknowledges--> owner
//   owner --records, as many as fit into the window--> replica --acknowledges--> owner
#pragma once

#include "messages/timestamp.hpp"
#include "runtime/log/log_quorum.hpp"
#include "runtime/log/replica_assignment.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

struct replica_link_settings {
  epoch owner_since{}; ///< acknowledgements to an owner before this one are not heard
  quorum_rule rule = quorum_rule::everyone;
  nanoseconds ack_timeout{1'000'000'000}; ///< silence after which a replica is no more in sync
  /// Of a replica that is silent and that the view does not give up: records wait for it no more.
  bool alone_after_two_faults = false;
  std::size_t window_bytes = 8 << 20; ///< on their way to one replica, before it is sent more
};

/// What a replica says of the log that it holds.
template <class Number>
struct replica_greeting {
  std::string host;
  epoch since{};   ///< number of the view that made it a replica
  Number last{};   ///< where its log ends
  epoch written{}; ///< under which that record was written; 0: none
};

/// `Number` counts records, or events, from 1. `Peer` is what the owner needs to send to a replica:
/// new with each hello. A `Log` tells first_record() and last_record_of(epoch).
template <class Number, class Peer>
class replica_links {
public:
  using greeting = replica_greeting<Number>;

  /// The owner's log ends at `last`; the view lists these.
  replica_links(const replica_link_settings& settings, Number last,
                std::vector<replica_assignment> assigned)
      : settings_(settings), quorum_(settings.rule, last), assigned_(std::move(assigned)) {
    require_trusted();
  }

  /// Where the log of a replica has to end, for what follows to be sent to it; nothing where the
  /// view does not list it. One that the view does not know of yet is kept until it does.
  template <class Log>
  std::optional<Number> greet(const greeting& hello, Peer peer, const Log& log, nanoseconds now) {
    auto* assignment = find_assignment(hello.host);
    auto known = assignment == nullptr ? epoch{} : assignment->since;
    if (hello.since > known) {
      early_.insert_or_assign(hello.host, early_hello{hello, std::move(peer)});
      return std::nullopt;
    }
    if (assignment == nullptr || hello.since < known) return std::nullopt;
    // What the replica has of an owner before this one counts as far as this log has it, too.
    auto keep = std::min(hello.last, log.last_record_of(hello.written).value_or(Number{}));
    keep = std::max(keep, log.first_record() - Number{1});
    link_state fresh{std::move(peer)};
    fresh.since = known;
    fresh.sent = keep;
    fresh.progress = now;
    // To say hello again is no progress.
    if (auto former = links_.find(hello.host);
        former != links_.end() && former->second.since == known) {
      fresh.progress = former->second.progress;
      fresh.is_given_up = former->second.is_given_up;
    }
    links_.insert_or_assign(hello.host, std::move(fresh));
    return keep;
  }

  struct welcome {
    std::string host;
    Number keep{}; ///< where its log has to end
  };

  /// A newer view lists these. Who was early, and is known by it.
  template <class Log>
  std::vector<welcome> take_view(std::vector<replica_assignment> assigned, const Log& log,
                                 nanoseconds now) {
    for (auto& former : assigned_)
      if (!links_.contains(former.host_id)) quorum_.release(former.host_id);
    assigned_ = std::move(assigned);
    std::erase_if(links_, [this](auto& entry) {
      auto& [host, link] = entry;
      auto* assignment = find_assignment(host);
      bool gone = assignment == nullptr || assignment->since != link.since;
      if (gone || (!assignment->in_sync && !link.in_sync)) quorum_.release(host);
      return gone;
    });
    std::vector<welcome> out;
    for (auto& [host, early] : std::exchange(early_, {}))
      if (auto keep = greet(early.hello, std::move(early.peer), log, now))
        out.push_back({host, *keep});
    require_trusted();
    return out;
  }

  /// What follows from an acknowledgement: nothing where nobody listens to it.
  struct hearing {
    bool is_heard = false;
    std::optional<replica_assignment> news; ///< to be said: it is in sync
  };

  /// The replica holds every record up to `number`.
  hearing acknowledge(const std::string& host, epoch to_owner_since, Number number,
                      nanoseconds now) {
    auto found = links_.find(host);
    if (found == links_.end() || to_owner_since != settings_.owner_since) return {};
    auto& link = found->second;
    link.agreed = true;
    link.acknowledged = std::max(link.acknowledged, number);
    link.progress = now;
    while (!link.in_flight.empty() && link.in_flight.front().last <= link.acknowledged) {
      link.in_flight_bytes -= link.in_flight.front().bytes;
      link.in_flight.pop_front();
    }
    quorum_.acknowledged(host, link.acknowledged);
    hearing out{true, {}};
    if (link.in_sync || link.acknowledged < quorum_.accepted()) return out;
    // It has caught up. From now on its acknowledgement is waited for, so that when the view says
    // that it is in sync, it holds whatever has been accepted.
    link.in_sync = true;
    quorum_.require(host);
    quorum_.acknowledged(host, link.acknowledged);
    auto* assignment = find_assignment(host);
    // A view that trusts it may be about to be followed by one that does not.
    bool was_given_up = std::exchange(link.is_given_up, false);
    if (assignment != nullptr && (was_given_up || !assignment->in_sync))
      out.news = {host, true, link.since};
    return out;
  }

  /// What is to be said once more, behind each view: where it differs from what this host knows of
  /// a replica. A word may have been overtaken by the view, or lost.
  std::vector<replica_assignment> differences() const {
    std::vector<replica_assignment> out;
    for (auto& assignment : assigned_) {
      auto found = links_.find(assignment.host_id);
      auto missing = missing_.find(assignment.host_id);
      bool is_known = found != links_.end() && found->second.since == assignment.since;
      bool is_gone = is_known ? found->second.is_given_up
                              : missing != missing_.end() && missing->second.is_given_up;
      if (assignment.in_sync ? is_gone : is_known && found->second.in_sync)
        out.push_back({assignment.host_id, !assignment.in_sync, assignment.since});
    }
    return out;
  }

  /// Records for a replica that are on their way.
  struct batch {
    Number last{};
    std::size_t bytes = 0;
  };

  /// Has every replica sent what it lacks of a log that ends at `last`, as far as its window goes.
  /// `send(Peer&, Number after)` returns the batch that it has sent, or nothing: not now.
  template <class Send>
  void send_lacking(Number last, Send send) {
    for (auto& [host, link] : links_)
      while (link.agreed && link.sent < last && link.in_flight_bytes < settings_.window_bytes) {
        std::optional<batch> sent = send(link.peer, link.sent);
        if (!sent) break;
        link.sent = sent->last;
        link.in_flight.push_back(*sent);
        link.in_flight_bytes += sent->bytes;
      }
  }

  /// True when check() is to be called a quarter of the time-out from now, and nobody does yet.
  bool begin_watch() {
    if ((links_.empty() && !misses_trusted()) || watched_) return false;
    return watched_ = true;
  }

  struct silent_replica {
    replica_assignment replica; ///< as it is to be said that it is
    nanoseconds silence{};
    bool is_let_go = false; ///< records wait for it no more, and nothing is to be said
  };

  /// Looks for replicas that no longer acknowledge, or that the view trusts and that have not come
  /// yet; is_watched() says whether to do so again.
  std::vector<silent_replica> check(Number last, nanoseconds now) {
    std::vector<silent_replica> out;
    watched_ = false;
    for (auto& assignment : assigned_) {
      auto& host = assignment.host_id;
      if (!assignment.in_sync || links_.contains(host)) {
        missing_.erase(host);
        continue;
      }
      auto& missing = missing_.try_emplace(host, missing_replica{now}).first->second;
      judge(host, assignment.since, missing.since, now, missing.is_given_up, out);
    }
    for (auto& [host, link] : links_) {
      if (link.acknowledged >= last) {
        link.progress = now;
        continue;
      }
      if (judge(host, link.since, link.progress, now, link.is_given_up, out)) link.in_sync = false;
    }
    return out;
  }
  bool is_watched() const { return watched_; }

  /// This host's log holds every record up to `number`, as durably as is asked for.
  void logged(Number number) { quorum_.logged(number); }
  Number logged() const { return quorum_.logged(); }
  Number accepted() { return quorum_.accepted(); }

  /// All replicas have every record up to this one, or `last` where that is less.
  Number held_by_all(Number last) const {
    for (auto& [host, link] : links_)
      last = std::min(last, link.acknowledged);
    return last;
  }

  /// Every replica of the view is there and in sync.
  bool are_in_sync() const {
    return std::ranges::all_of(assigned_, [this](auto& assignment) {
      auto found = links_.find(assignment.host_id);
      return found != links_.end() && found->second.in_sync;
    });
  }

  /// Calls `each` with every replica that was welcomed, and the bytes that are on their way to it.
  template <class Visit>
  void visit(const Visit& each) const {
    for (auto& [host, link] : links_)
      each(host, link.in_flight_bytes);
  }

  /// Of a replica that was welcomed.
  Peer& peer(const std::string& host) { return links_.at(host).peer; }

private:
  struct link_state {
    Peer peer;
    epoch since{};
    Number sent{};
    Number acknowledged{};
    std::deque<batch> in_flight{};
    std::size_t in_flight_bytes = 0;
    bool agreed = false;      ///< its log ends where this host said: records may follow
    bool in_sync = false;     ///< it holds all that is accepted
    bool is_given_up = false; ///< it was said to be silent, and has not caught up since
    nanoseconds progress{};   ///< when it last acknowledged something, or had nothing to do
  };
  struct missing_replica {
    nanoseconds since{};
    bool is_given_up = false; ///< as was said
  };
  struct early_hello {
    greeting hello;
    Peer peer;
  };

  const replica_assignment* find_assignment(const std::string& host) const {
    auto found = std::ranges::find(assigned_, host, &replica_assignment::host_id);
    return found == assigned_.end() ? nullptr : &*found;
  }

  bool misses_trusted() const {
    return std::ranges::any_of(assigned_, [this](auto& assignment) {
      return assignment.in_sync && !links_.contains(assignment.host_id);
    });
  }

  /// Says it, once, where a replica that records wait for has been silent for too long.
  bool judge(const std::string& host, epoch since, nanoseconds progress, nanoseconds now,
             bool& is_given_up, std::vector<silent_replica>& out) {
    watched_ = true;
    auto silence = now - progress;
    if (!quorum_.is_required(host) || silence <= settings_.ack_timeout) return false;
    if (!is_given_up) {
      // Still waited for, until a view without it says that it can't become the owner.
      is_given_up = true;
      out.push_back({{host, false, since}, silence, false});
    } else if (settings_.alone_after_two_faults && silence > 2 * settings_.ack_timeout) {
      quorum_.release(host);
      out.push_back({{host, false, since}, silence, true});
    }
    return is_given_up;
  }

  /// A replica that the view trusts, but that has not said hello yet, is waited for.
  void require_trusted() {
    for (auto& assignment : assigned_)
      if (assignment.in_sync) quorum_.require(assignment.host_id);
  }

  replica_link_settings settings_;
  log_quorum<Number> quorum_;
  std::vector<replica_assignment> assigned_;       ///< by the present view
  std::map<std::string, link_state> links_;        ///< by host, those that were welcomed
  std::map<std::string, early_hello> early_;       ///< by host
  std::map<std::string, missing_replica> missing_; ///< trusted by the view, and not there
  bool watched_ = false;
};

} // namespace tickmesh
