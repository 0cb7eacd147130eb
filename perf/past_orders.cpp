#include "perf/past_orders.hpp"

#include "actors/execution/trading/trading_state.hpp"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <utility>

namespace tickmesh {

namespace {

constexpr std::size_t open_orders_count = 200;
constexpr quantity one_lot{decimal_scale};
constexpr price at_100{100 * decimal_scale};

execution_settings settings() {
  execution_settings out;
  out.limits = {};
  out.order_lifetime = {};
  return out;
}

trading_universe universe() {
  trading_universe out;
  out.symbols = {"S"};
  out.instruments = {instrument{.pattern = "S", .exchange = {}, .currency = "CNY"}};
  out.strategies = {"x"};
  return out;
}

/// Plays the market and a broker that does what it is asked.
class desk {
public:
  explicit desk(std::size_t past) : trading_(settings(), universe(), false) {
    for (std::size_t i = 0; i < past; ++i)
      report(send(), report_kind::fill, order_status::filled);
    for (std::size_t i = 0; i < open_orders_count; ++i) {
      open_.push_back(send());
      report(open_.back(), report_kind::accepted, order_status::accepted);
    }
    theirs_.positions = {{symbol_id{0}, trading_.exposure(symbol_id{0}).position}};
    for (auto id : open_)
      theirs_.orders.push_back({id, {}});
  }

  void measure(past_orders_times& out) {
    out.session_up_ms.push_back(timed(broker_event{.broker = {}, .news = broker_news::session_up}));
    out.snapshot_ms.push_back(timed(theirs_));
    out.halt_ms.push_back(timed(operator_command{
        .who = "me",
        .reason = {},
        .action = trading_switch{.mode = trading_mode::halted, .cancel_all = true}}));
    for (auto id : open_)
      report(id, report_kind::cancel_rejected, order_status::accepted);
    timed(operator_command{
        .who = "me", .reason = "go on", .action = trading_switch{.mode = trading_mode::active}});
  }

private:
  double timed(decltype(sequenced_event::what) what) {
    out_.clear();
    sequenced_event event{.number = ++events_,
                          .time = from_ns(1'000 * static_cast<std::int64_t>(events_)),
                          .what = std::move(what)};
    auto start = std::chrono::steady_clock::now();
    trading_.apply(event, out_);
    return std::chrono::duration<double, std::milli>{std::chrono::steady_clock::now() - start}
        .count();
  }

  order_id send() {
    signal s{.name = {.last_tick = sequence{++ticks_}}, .direction = 1, .volume = one_lot};
    s.limit = at_100;
    s.effective_time = from_ns(1'000 * static_cast<std::int64_t>(events_ + 1));
    timed(s);
    for (auto& command : out_)
      if (auto* order = std::get_if<order_request>(&command)) return order->id;
    std::abort(); // nothing limits an order here
  }

  void report(order_id id, report_kind kind, order_status status) {
    execution_report said{.id = {id, static_cast<std::uint32_t>(++reports_)},
                          .order = id,
                          .kind = kind,
                          .status = status};
    if (kind == report_kind::fill) {
      said.last_price = at_100;
      said.last_quantity = said.cumulative = one_lot;
    }
    timed(said);
  }

  trading_state trading_;
  std::vector<venue_command> out_;
  std::vector<order_id> open_;
  broker_snapshot theirs_;
  std::uint64_t events_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint64_t reports_ = 0;
};

} // namespace

past_orders_comparison compare_past_orders(std::size_t few, std::size_t many,
                                           std::size_t repetitions) {
  past_orders_comparison out;
  desk with_few{few}, with_many{many};
  for (std::size_t i = 0; i < repetitions; ++i) {
    with_few.measure(out.few);
    with_many.measure(out.many);
  }
  return out;
}

} // namespace tickmesh
