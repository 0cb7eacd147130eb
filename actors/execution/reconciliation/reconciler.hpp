// Compares what a broker says it holds with our own books. Plain class behind trading_state.
#pragma once

#include "actors/execution/events/execution_events.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

/// What our books say of one broker, in the form of its own snapshot.
struct own_books {
  struct open_order {
    order_id order{};
    quantity filled{};
    bool may_be_unknown = false; ///< in doubt, or not answered yet: the broker may not have it
  };
  struct net_position {
    quantity held{};         ///< of all fills at this broker
    std::uint64_t fills = 0; ///< how many
  };
  std::span<const open_order> orders;
  std::span<const net_position> positions; ///< by symbol id
};

enum class difference_kind : std::uint8_t {
  position,      ///< of `symbol`
  missing_fill,  ///< the broker has filled more of an order than is booked
  unknown_there, ///< an order that is open here is not open at the broker
  unknown_here,  ///< an open order of the broker that is not open here
};
inline constexpr std::array<std::string_view, 4> difference_kind_names{
    "POSITION", "MISSING_FILL", "UNKNOWN_THERE", "UNKNOWN_HERE"};

struct book_difference {
  difference_kind kind = difference_kind::position;
  symbol_id symbol{}; ///< of a position
  order_id order{};   ///< of the others
  quantity ours{};    ///< of a position with what is expected beyond it
  quantity theirs{};
  std::uint64_t fills = 0; ///< booked of the symbol: a later one makes it another difference
  friend auto operator<=>(const book_difference&, const book_difference&) = default;
};

/// Reports are on their way while a snapshot is made, so a difference counts when it stands as it
/// is, both numbers, in two snapshots in a row of one broker, and no fill came in between.
class reconciler {
public:
  /// Takes a broker's snapshot; returns every difference that is not explained, whether it counts
  /// yet or not.
  std::vector<book_difference> compare(const broker_snapshot& theirs, const own_books& ours);

  /// From now on a snapshot without a difference is awaited: nothing is known before.
  void await(broker_id broker) { brokers_[broker].is_awaited = true; }
  /// The same, and without it no order goes to any broker; nor before the broker has told its
  /// executions: such as add up to nothing are no difference in a snapshot.
  void await_first(broker_id broker) {
    auto& state = brokers_[broker];
    state.is_awaited = state.is_awaited_first = state.awaits_executions = true;
  }
  bool is_awaited_first(broker_id broker) const;
  bool awaits_executions(broker_id broker) const;
  void note_executions_told(broker_id broker);
  /// Others' orders need not wait for this broker. False where they did not.
  bool waive_first(broker_id broker);
  /// Nothing is awaited of the broker any more, and what stands of it keeps nothing back: it is
  /// configured no more. What was accepted stays so.
  void let_go(broker_id broker);
  /// Positions that stand as differences are explained: what the broker holds beyond our books, or
  /// less, is expected from now on; so are its orders that are not known here: they are not ours.
  /// What stands of our own orders is not, and not what was seen but once. Returns what was.
  std::vector<book_difference> accept(broker_id broker);

  /// An order that is explained: it is somebody else's.
  bool is_foreign(broker_id broker, order_id order) const;

  /// Differences that count: no order may be sent until there are none.
  const std::vector<book_difference>& standing(broker_id broker) const;
  /// In how many snapshots in a row a difference has stood.
  std::uint64_t stands_for(broker_id broker) const;
  bool is_awaited(broker_id broker) const;
  /// No difference stands, and neither a snapshot nor executions are awaited.
  bool is_clean() const;
  std::uint64_t snapshots() const { return snapshots_; }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [brokers, snapshots] = *this;
    archive(brokers, snapshots);
  }

private:
  struct broker_state {
    std::vector<book_difference> last; ///< sorted
    std::vector<book_difference> standing;
    std::uint64_t stands_for = 0;
    bool is_awaited = false;
    bool is_awaited_first = false;
    bool awaits_executions = false;
    std::map<symbol_id, quantity> expected; ///< beyond our books
    std::set<order_id> foreign;             ///< its orders that are explained

    template <class Archive>
    void persist(Archive& archive) {
      archive(last, standing, stands_for, is_awaited, is_awaited_first, awaits_executions, expected,
              foreign);
    }
  };
  const broker_state* find(broker_id broker) const;

  std::map<broker_id, broker_state> brokers_;
  std::uint64_t snapshots_ = 0;
};

} // namespace tickmesh
