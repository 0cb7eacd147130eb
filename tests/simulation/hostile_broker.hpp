// A broker that does to its clients what brokers do on their worst days, at random but repeatably:
// it loses, repeats, delays and reorders its reports, refuses orders, says nothing for a while,
// loses its connection with an order on the way, and answers questions late or not at all. What it
// has really done, it knows, and tells the simulation.
#pragma once

#include "actors/execution/order_venue.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace tickmesh {

/// Shares of what may happen; all between 0 and 1.
struct hostility {
  double refuses = 0.05;
  double does_not_take = 0.08; ///< says so
  double loses_report = 0.12;
  double repeats_report = 0.12;
  double delays_report = 0.25;   ///< by up to `delay_max`
  double ignores_request = 0.15; ///< a cancel, a replace or a query
  double arrives_late = 0.05;    ///< a request, by up to `late_max`: others overtake it
  double is_never_sure = 0.5;    ///< that an order that it does not know will not come
  double goes_mute = 0.01;       ///< at a request, for up to `mute_max`: reports are lost
  double disconnects = 0.01;     ///< at a request, which may be lost with the connection
  nanoseconds delay_max{std::chrono::milliseconds{40}};
  nanoseconds mute_max{std::chrono::milliseconds{100}};
  nanoseconds late_max{std::chrono::milliseconds{80}};
};

class hostile_broker final : public order_venue {
public:
  hostile_broker(std::uint64_t seed, const hostility& how);

  void submit(const order_request& request, timestamp now) override;
  void request_cancel(order_id id, timestamp now) override;
  void request_replace(const replace_request& request, timestamp now) override;
  void query(order_id id, timestamp now) override;
  void probe(timestamp now) override;
  void request_snapshot(timestamp now) override;
  void on_mark(const market_mark&) override {}
  std::optional<timestamp> next_time() const override;
  std::optional<venue_news> take_next() override;

  /// Whether its session stands, as its gateway knows.
  bool is_connected() const { return is_connected_; }

  /// From now on it behaves.
  void calm_down();

  // The truth.
  struct true_order {
    order_request request;
    quantity filled{};
    bool is_open = false;
    std::uint32_t fills = 0;
  };
  /// Orders that it has taken.
  const std::map<order_id, true_order>& orders() const { return orders_; }
  quantity position(symbol_id symbol) const;
  /// What the position could become with all that is open, on either side.
  quantity highest_position(symbol_id symbol) const;
  quantity lowest_position(symbol_id symbol) const;
  /// Orders that came here although they had been taken before.
  std::uint64_t doubled() const { return doubled_; }

private:
  struct fill_wish {
    order_id order;
  };
  struct end_of_mute {};
  struct reconnection {};
  using happening =
      std::variant<order_request, cancel_request, replace_request, status_query, broker_probe,
                   snapshot_request, fill_wish, end_of_mute, reconnection, venue_news>;

  bool draw(double share);
  nanoseconds draw_time(nanoseconds max);
  void schedule(timestamp t, happening what);
  /// When the next request of the session arrives: requests keep their order, but for late ones.
  timestamp next_arrival(timestamp now);
  bool may_lose_connection(timestamp now);
  refusal_cause unknown_cause(order_id id);
  void arrive(const order_request& request, timestamp now);
  void arrive(const cancel_request& cancel, timestamp now);
  void arrive(const replace_request& replace, timestamp now);
  void arrive(const status_query& query, timestamp now);
  void fill(order_id id, timestamp now);
  void plan_fill(const true_order& order, timestamp now);
  execution_report make_report(const true_order& order, report_kind kind, timestamp now);
  void report(execution_report report, timestamp now);

  std::mt19937_64 random_;
  hostility how_;
  std::multimap<timestamp, happening> agenda_;
  std::map<order_id, true_order> orders_;
  std::map<order_id, std::vector<execution_report>> fill_reports_; ///< to be repeated when asked
  std::unordered_map<order_id, std::uint32_t> report_numbers_;
  timestamp last_arrival_ = timestamp::min();
  bool is_mute_ = false;
  bool is_connected_ = true;
  std::uint64_t doubled_ = 0;
};

} // namespace tickmesh
