// Which order a broker means: from the numbers under which orders were sent to it and from its own
// ids, as far as reports have told them. Rebuilt with the journal. Part of order_manager.
#pragma once

#include "messages/order.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tickmesh {

/// An order is its place among all orders.
class broker_order_names {
public:
  /// The number for an order that is about to be sent to `broker`; higher than any before.
  std::uint32_t give_reference(broker_id broker, std::size_t place);
  /// The order was sent under this number by another program, or in a life that is forgotten.
  void adopt(broker_id broker, std::uint32_t reference, std::size_t place);
  /// From now on the broker wants no number below this one.
  void raise_reference(broker_id broker, std::uint32_t next);

  void note(broker_id broker, const std::string& broker_order, std::size_t place);

  std::optional<std::size_t> find(broker_id broker, std::uint32_t reference) const;
  std::optional<std::size_t> find(broker_id broker, const std::string& broker_order) const;

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    archive(brokers_);
  }

private:
  struct known_names {
    std::uint32_t reference_next = 1;
    std::vector<std::pair<std::uint32_t, std::size_t>> by_reference{}; ///< rising
    std::unordered_map<std::string, std::size_t> by_id{};              ///< looked up only

    template <class Archive>
    void persist(Archive& archive) {
      archive(reference_next, by_reference, by_id);
    }
  };
  known_names& at(broker_id broker);

  std::vector<known_names> brokers_;
};

} // namespace tickmesh
