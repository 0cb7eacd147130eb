// The simulated venue: works limit orders against the recorded book, in event time.
// Used by event_sequencer, which feeds it every mark and takes its reports before later inputs.
#pragma once

#include "actors/execution/venues/order_venue.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace tickmesh {

/// What is sent at t arrives at t + delay and is answered at once, against the book of the marks
/// before that time. A buy at or above the best ask fills at the ask, up to what is displayed;
/// fills use the displayed volume up until the symbol's next mark that has a book. The rest rests
/// and is filled by later marks, at their price, best price first, then first come first served;
/// such a report leaves at mark time + delay. Sells mirror this. Orders do not meet each other.
/// The reports of one order leave in the order in which they were made, so the answer to a cancel
/// waits for the report of a fill that came before it. A replace keeps the order's place in the
/// queue when only its volume gets less. Orders for the day expire with the first mark of a later
/// one.
class sim_venue final : public order_venue {
public:
  /// Precondition: the delay is at least 1 us.
  explicit sim_venue(const sim_venue_settings& settings);

  void submit(const order_request& request, timestamp now) override;
  void request_cancel(const cancel_request& request, timestamp now) override;
  void request_replace(const replace_request& request, timestamp now) override;
  void query(const status_query& request, timestamp now) override;
  void probe(timestamp now) override;
  void request_snapshot(timestamp now) override;
  void request_executions(timestamp since, timestamp now) override;
  void on_mark(const market_mark& mark) override;
  void change_settings(const broker_settings& settings) override { settings_ = settings.sim; }
  void save(state_writer& archive) override;
  void load(state_reader& archive) override;
  std::optional<timestamp> next_time() const override;
  std::optional<venue_news> take_next() override;

  /// Submissions of an id that the venue has seen: ignored, never worked a second time.
  std::uint64_t repeated_submissions() const { return repeated_submissions_; }

  /// See state_archive.hpp; the settings are those of the configuration.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [settings, agenda, happenings, arrivals, repeated_submissions, orders, positions,
           trading_day, books] = *this;
    archive(agenda, happenings, arrivals, repeated_submissions, orders, positions, trading_day,
            books);
  }

private:
  struct probe_arrival {};
  struct snapshot_arrival {};
  using happening =
      std::variant<order_request, cancel_request, replace_request, status_query, probe_arrival,
                   snapshot_arrival, executions_request, execution_report>;

  struct venue_order {
    order_request request;
    order_status status = order_status::pending_new;
    quantity filled{};
    std::uint64_t arrival = 0;
    std::uint32_t reports = 0;
    bool withholds_reports = false;
    std::vector<execution_report> withheld{}; ///< bounded by the fills of the order
    timestamp last_departure = timestamp::min();

    template <class Archive>
    void persist(Archive& archive) {
      archive(request, status, filled, arrival, reports, withholds_reports, withheld,
              last_departure);
    }
  };

  using queue = std::map<std::pair<std::int64_t, std::uint64_t>, order_id>; ///< best, then first
  struct book {
    price bid = no_price;
    quantity bid_left{};
    price ask = no_price;
    quantity ask_left{};
    queue buys;
    queue sells;

    template <class Archive>
    void persist(Archive& archive) {
      archive(bid, bid_left, ask, ask_left, buys, sells);
    }
  };

  void schedule(timestamp t, happening what);
  void arrive(const order_request& request, timestamp now);
  void arrive(const cancel_request& cancel, timestamp now);
  void arrive(const replace_request& replace, timestamp now);
  void arrive(const status_query& query, timestamp now);
  void deny(order_id id, report_kind kind, timestamp now);
  static broker_snapshot::open_order open_order_of(const venue_order& order);
  broker_snapshot make_snapshot() const;
  void work(venue_order& order, timestamp now);
  void expire(venue_order& order, timestamp now);
  void end_day(std::int32_t trading_day, timestamp now);
  void match(venue_order& order, book& b, timestamp now, timestamp departure);
  void match_queue(book& b, side s, timestamp now);
  execution_report make_report(venue_order& order, report_kind kind, timestamp now) const;
  void send(venue_order& order, execution_report report, timestamp departure);
  book& book_of(symbol_id symbol);
  bool draw(order_id id, std::string_view purpose, double share) const;

  sim_venue_settings settings_;
  std::map<std::pair<timestamp, std::uint64_t>, happening> agenda_;
  std::uint64_t happenings_ = 0;
  std::uint64_t arrivals_ = 0;
  std::uint64_t repeated_submissions_ = 0;
  std::unordered_map<order_id, venue_order> orders_; // looked up only, never walked
  std::map<symbol_id, quantity> positions_;
  std::int32_t trading_day_ = 0;
  std::vector<book> books_; // by symbol
};

} // namespace tickmesh
