// A broker that does to its clients what brokers do on their worst days, at random but repeatably:
// it loses, repeats, delays and reorders its reports, refuses orders, says nothing for a while,
// loses its connection with an order on the way, answers questions late or not at all, is too busy,
// takes executions back, corrects them and says late what they cost. Some name orders and
// executions in words of their own. What it has really done, it knows, and tells the simulation.
#pragma once

#include "actors/execution/venues/order_venue.hpp"

#include <cstdint>
#include <deque>
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
  double takes_back = 0;         ///< an execution, in full or one lot of it; only of named ones
  double charges = 0;            ///< an execution has a commission; only of named ones
  std::uint32_t requests_max = 1'000; ///< in `busy_span`; what comes beyond is too much
  bool names_in_words = false;        ///< else reports are numbered by order
  nanoseconds busy_span{std::chrono::milliseconds{5}};
  nanoseconds delay_max{std::chrono::milliseconds{40}};
  nanoseconds mute_max{std::chrono::milliseconds{100}};
  nanoseconds late_max{std::chrono::milliseconds{80}};
};

class hostile_broker final : public order_venue {
public:
  hostile_broker(std::uint64_t seed, const hostility& how);

  void submit(const order_request& request, timestamp now) override;
  void request_cancel(const cancel_request& request, timestamp now) override;
  void request_replace(const replace_request& request, timestamp now) override;
  void query(const status_query& request, timestamp now) override;
  void probe(timestamp now) override;
  void request_snapshot(timestamp now) override;
  void request_executions(timestamp since, timestamp now) override;
  void on_mark(const market_mark&) override {}
  std::optional<timestamp> next_time() const override;
  std::optional<venue_news> take_next() override;

  /// Whether its session stands, as its gateway knows.
  bool is_connected() const { return is_connected_; }

  /// From now on it behaves.
  void calm_down();
  /// A new session begins, as after the end of the process that held the last one.
  void begin_session(timestamp now);
  /// Orders that are on their way arrive now, before a session that follows.
  void let_orders_arrive(timestamp now);

  // The truth.
  struct true_order {
    order_request request;
    quantity filled{};
    quantity taken_back{}; ///< of what was filled; it is not open again
    bool is_open = false;
    std::uint32_t fills = 0;
    std::string name{};
    quantity rest() const { return request.volume - filled - taken_back; }
    bool had_effect() const { return is_open || fills > 0; }
  };
  /// Orders that it has taken.
  const std::map<order_id, true_order>& orders() const { return orders_; }
  quantity position(symbol_id symbol) const;
  /// What the position could become with all that is open, on either side.
  quantity highest_position(symbol_id symbol) const;
  quantity lowest_position(symbol_id symbol) const;
  /// Of all executions that stand.
  money commissions() const;
  std::uint64_t taken_back() const { return taken_back_; }
  /// Orders that came here although they were open or filled before, or under another one's number.
  std::uint64_t doubled() const { return doubled_; }
  /// Requests that have not arrived yet.
  template <class Request>
  std::vector<Request> under_way() const {
    std::vector<Request> out;
    for (auto& [t, what] : agenda_)
      if (auto* request = std::get_if<Request>(&what)) out.push_back(*request);
    return out;
  }

private:
  static constexpr nanoseconds shortest_delay{std::chrono::microseconds{100}};
  static constexpr nanoseconds usual_delay{std::chrono::milliseconds{2}};

  using order_map = std::map<order_id, true_order>;
  order_map::iterator find(order_id id, const order_names& names);
  struct fill_wish {
    order_id order;
  };
  struct true_execution {
    order_id order{};
    price at = no_price;
    quantity volume{};
    money commission{};
  };
  struct second_thought {
    std::string execution;
  };
  struct end_of_mute {};
  struct reconnection {};
  using happening = std::variant<order_request, cancel_request, replace_request, status_query,
                                 broker_probe, snapshot_request, executions_request, fill_wish,
                                 second_thought, end_of_mute, reconnection, venue_news>;

  bool draw(double share);
  nanoseconds draw_time(nanoseconds max);
  void schedule(timestamp t, happening what);
  /// When the next request of the session arrives: requests keep their order, but for late ones.
  timestamp next_arrival(timestamp now);
  bool may_lose_connection(timestamp now);
  refusal_cause unknown_cause(order_id id);
  std::uint32_t next_reference() const;
  void arrive(const order_request& request, timestamp now);
  void arrive(const cancel_request& cancel, timestamp now);
  void arrive(const replace_request& replace, timestamp now);
  void arrive(const status_query& query, timestamp now);
  void fill(order_id id, timestamp now);
  void charge(order_id id, const execution_report& done, timestamp now);
  void take_back(const std::string& name, timestamp now);
  bool is_too_busy(timestamp now);
  void name(execution_report& report, const true_order& order);
  void tell_again(order_id id, timestamp since, timestamp now);
  void tell_all(timestamp since, timestamp now);
  void plan_fill(const true_order& order, timestamp now);
  execution_report make_report(const true_order& order, report_kind kind, timestamp now);
  void report(execution_report report, timestamp now, bool surely = false);

  std::mt19937_64 random_;
  hostility how_;
  std::multimap<timestamp, happening> agenda_;
  order_map orders_;
  std::map<order_id, std::vector<execution_report>> fill_reports_; ///< to be repeated when asked
  std::map<std::string, true_execution> executions_;               ///< those that stand, by name
  std::uint64_t names_ = 0;
  std::uint64_t taken_back_ = 0;
  std::deque<timestamp> requests_; ///< of the last busy_span
  std::unordered_map<order_id, std::uint32_t> report_numbers_;
  std::map<std::uint32_t, order_id> references_;
  timestamp last_arrival_ = timestamp::min();
  bool is_mute_ = false;
  bool is_connected_ = true;
  std::uint64_t doubled_ = 0;
};

} // namespace tickmesh
