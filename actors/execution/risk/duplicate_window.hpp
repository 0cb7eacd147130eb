// When an order with the same words was last sent. Used by risk_facts_book for the duplicate rule.
#pragma once

#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/risk/limits/risk_limits.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tickmesh {

/// Remembers the orders of the last `duplicate_window_longest`; orders_max bounds them, too. They
/// stand in a ring in order of time; a hash table with open addressing names the last of each
/// words, so that the look-up of an order without a twin, which is the common one, reads one cache
/// line.
class duplicate_window {
public:
  /// Precondition: `t` never falls.
  void add(const order_request& request, timestamp t);

  /// Time since the last order of this strategy, symbol, side, type, price and volume; nothing when
  /// that is longer ago than duplicate_window_longest.
  std::optional<nanoseconds> since_same(const order_request& request, timestamp t) const;

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    std::vector<sent_order> sent;
    for (std::size_t i = 0; i < size_; ++i)
      sent.push_back(ring_[place_of(i)]);
    archive(sent);
    if (!Archive::is_reader) return;
    *this = {};
    for (auto& [order, time] : sent)
      add(order, time);
  }

private:
  struct words {
    symbol_id symbol{};
    strategy_id strategy{};
    side direction = side::none;
    order_type type = order_type::limit;
    price limit = no_price;
    quantity volume{};
    friend bool operator==(const words&, const words&) = default;

    template <class Archive>
    void persist(Archive& archive) {
      archive(symbol, strategy, direction, type, limit, volume);
    }
  };
  struct sent_order {
    words order{};
    timestamp time{};

    template <class Archive>
    void persist(Archive& archive) {
      archive(order, time);
    }
  };
  struct index_entry {
    std::uint32_t hash = 0;
    std::uint32_t place = nowhere; ///< in the ring
  };
  static constexpr auto nowhere = ~std::uint32_t{0};

  static words words_of(const order_request& request);
  static std::uint32_t hash_of(const words& w);

  void add(const words& order, timestamp t);
  void forget_oldest();
  void grow();
  /// Where the words stand in the index, or the free entry where they would.
  std::size_t find(const words& w, std::uint32_t hash) const;
  void erase(std::size_t entry);

  std::size_t place_of(std::size_t nth) const { return (first_ + nth) & (ring_.size() - 1); }
  std::size_t home_of(std::uint32_t hash) const { return hash & (index_.size() - 1); }
  std::size_t after(std::size_t entry) const { return (entry + 1) & (index_.size() - 1); }

  std::vector<sent_order> ring_; // a power of two of places, which grows
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::vector<index_entry> index_; // twice the ring's places: at most half are taken
};

} // namespace tickmesh
