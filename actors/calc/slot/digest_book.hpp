// The digests of a calculation slot's symbols beside those of its replica: the owner keeps its own,
// and compares what the replica tells; a replica keeps what it has not told. Plain class behind
// calc_slot. What is too far behind to be kept is never compared, but a digest of later holds all
// that a difference before has led to.
#pragma once

#include "messages/symbol_digest.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace tickmesh {

class digest_book {
public:
  /// Keeps at most `held_max` digests of a kind, the newest ones.
  explicit digest_book(bool is_replica, std::size_t held_max = 1 << 15)
      : is_replica_(is_replica), held_max_(held_max) {}

  struct difference {
    digest_place at;
    std::uint64_t own = 0, replicas = 0;
  };

  /// This slot's own; the difference from the replica's, where that has come before.
  std::optional<difference> add_own(const symbol_digest& own) {
    own_.add(own, held_max_);
    if (is_replica_) {
      untold_.push_back(own);
      if (untold_.size() > held_max_) untold_.pop_front();
    }
    auto* replicas = replicas_.find(own.at);
    return replicas == nullptr ? std::nullopt : compare(own.at, own.digest, *replicas);
  }

  /// To an owner: what its replica has told.
  std::optional<difference> add_replicas(const symbol_digest& said) {
    if (auto* own = own_.find(said.at)) return compare(said.at, *own, said.digest);
    replicas_.add(said, held_max_);
    return std::nullopt;
  }

  /// Another replica begins, or none is there.
  void forget_replica() { replicas_ = {}; }

  /// The replica is the owner from now on.
  void become_owner() {
    is_replica_ = false;
    untold_.clear();
  }

  /// The oldest of a replica's that it has not told, at most `count`.
  std::vector<symbol_digest> take_untold(std::size_t count) {
    auto end = untold_.begin() + static_cast<std::ptrdiff_t>(std::min(count, untold_.size()));
    std::vector<symbol_digest> out{untold_.begin(), end};
    untold_.erase(untold_.begin(), end);
    return out;
  }

  /// How often two were compared.
  std::uint64_t compared() const { return compared_; }

private:
  std::optional<difference> compare(const digest_place& at, std::uint64_t own,
                                    std::uint64_t replicas) {
    ++compared_;
    return own == replicas ? std::nullopt : std::optional{difference{at, own, replicas}};
  }

  struct kept_digests {
    std::map<digest_place, std::uint64_t> by_place;
    std::deque<digest_place> by_age;

    void add(const symbol_digest& one, std::size_t held_max) {
      if (by_place.insert_or_assign(one.at, one.digest).second) by_age.push_back(one.at);
      if (by_age.size() <= held_max) return;
      by_place.erase(by_age.front());
      by_age.pop_front();
    }
    const std::uint64_t* find(const digest_place& at) const {
      auto found = by_place.find(at);
      return found == by_place.end() ? nullptr : &found->second;
    }
  };

  bool is_replica_;
  std::size_t held_max_;
  kept_digests own_, replicas_;
  std::deque<symbol_digest> untold_;
  std::uint64_t compared_ = 0;
};

} // namespace tickmesh
