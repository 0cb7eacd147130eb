// All venues of an execution slot, as one: each command goes to the broker that it names, and what
// they say comes in one order of time.
#pragma once

#include "actors/execution/venues/order_venue.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace tickmesh {

class venue_set {
public:
  /// By broker id; at least one.
  explicit venue_set(std::vector<std::unique_ptr<order_venue>> venues);

  /// Puts another venue in a broker's place, or one behind the last.
  void put(broker_id broker, std::unique_ptr<order_venue> venue);
  std::size_t size() const { return venues_.size(); }
  order_venue& of(broker_id broker) { return venue_of(broker); }

  /// Precondition: the command goes to a broker.
  void execute(const venue_command& command, timestamp now);
  void on_mark(const market_mark& mark);
  std::optional<timestamp> next_time() const;
  bool is_external(broker_id broker) const { return venues_[broker.value]->is_external(); }
  bool has_external() const;
  /// Whether `command` is for a venue that outlives this process; false for a timer.
  bool is_for_external(const venue_command& command) const;
  /// As next_time and take_next, of the venues that don't.
  std::optional<timestamp> next_internal_time() const;
  std::optional<venue_news> take_next_internal();

  /// The next thing at the venue where one happens first; the one with the lowest id of several.
  std::optional<venue_news> take_next();

  /// See state_archive.hpp. Each venue's part is apart, so that one reads no other's.
  template <class Archive>
  void persist(Archive& archive) {
    auto count = venues_.size();
    archive(count);
    if (count != venues_.size()) return archive.reject();
    for (auto& venue : venues_)
      archive.part([&](auto& part) {
        if constexpr (Archive::is_reader)
          venue->load(part);
        else
          venue->save(part);
      });
  }

private:
  order_venue& venue_of(broker_id broker);
  std::optional<std::size_t> first(bool external_too) const;
  std::optional<venue_news> take(std::size_t place);

  std::vector<std::unique_ptr<order_venue>> venues_;
};

} // namespace tickmesh
