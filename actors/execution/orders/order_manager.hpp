// Every order that was sent: its status, what is still open, its time-outs and its history.
// Used by trading_state; a pure function of the calls.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/orders/broker_order_names.hpp"
#include "actors/execution/orders/open_orders.hpp"
#include "actors/execution/orders/order_anomalies.hpp"
#include "actors/execution/orders/order_index.hpp"
#include "actors/execution/orders/order_patience.hpp"
#include "actors/execution/orders/order_router.hpp"
#include "actors/execution/orders/order_state_machine.hpp"
#include "actors/execution/orders/unfinished_orders.hpp"
#include "actors/execution/positions/closing_volumes.hpp"
#include "actors/execution/risk/limits/risk_rules.hpp"
#include "messages/result.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tickmesh {

/// Where in the event log something happens.
struct log_position {
  std::uint64_t event = 0;
  timestamp time{};
};

/// An execution that its broker may take back: of those that it names itself.
struct booked_execution {
  std::uint64_t key = 0; ///< hash of its name
  broker_id broker{};
  price at = no_price;
  quantity volume{}; ///< 0: only its commission has been told
  money fee{};       ///< as booked, or to be booked where nothing is yet
};

struct managed_order {
  std::size_t place = 0;             ///< among all orders, in the order of their creation
  order_request request;             ///< in the form that the broker is known to have
  std::optional<signal_name> source; ///< nothing: an operator's
  risk_result risk;                  ///< of the approval
  log_position created;
  log_position updated;
  order_state_machine machine{};
  /// Changes of status, an order_status each. In a string, which needs no memory of its own for
  /// the few that most orders have: every order is kept.
  std::string history{static_cast<char>(order_status::pending_new)};
  quantity filled{};
  int128 filled_value = 0;        ///< sum of price x quantity of the fills, in 1e-16
  quantity known_filled{};        ///< as reports tell; more than `filled`: some are missing
  std::uint32_t seen_through = 0; ///< all execution ids up to this counter were applied
  std::uint32_t queries = 0;
  std::uint32_t cancels = 0;
  std::uint32_t cancels_unanswered = 0;
  std::uint32_t reroutes = 0; ///< how often it was sent to another broker
  std::uint32_t replaces = 0;
  bool is_to_cancel = false;    ///< a cancel was asked for that no broker has refused
  bool cancel_is_out = false;   ///< one that was sent may still be answered
  bool end_is_presumed = false; ///< the broker does not know it: nobody has seen it end
  bool had_ended = false;       ///< once, if not for good
  bool is_adopted = false;      ///< its broker had it, and the log did not
  bool is_moved = false;        ///< the log has lost that it went on to its broker
  bool is_listed_finished = false;
  bool is_listed_changed = false;
  order_id said_id{};                      ///< under which it was sent, where request.id was made
  boxed<std::string> broker_order{};       ///< the broker's id of it, once it has said one
  std::optional<order_form> replacement{}; ///< the broker may have it in this form instead
  std::vector<booked_execution> executions{};
  std::vector<std::uint32_t> seen_beyond{}; ///< counters beyond seen_through, out of turn; sorted
  std::vector<std::uint64_t> seen_names{};  ///< hashes of names that brokers give; sorted
  std::vector<std::pair<broker_id, std::uint32_t>> seen_of_others{}; ///< of brokers before
  std::vector<broker_id> refused_by{}; ///< brokers that have definitely not taken it

  order_status status() const { return machine.status(); }
  /// What is or could still be filled beyond `filled`: once the order has ended, the fills that
  /// have not come.
  quantity open() const;
  bool lacks_fills() const { return known_filled > filled; }
  /// Its end was stated by its broker, and all of its fills are there.
  bool has_surely_ended() const {
    return is_terminal(status()) && !end_is_presumed && !lacks_fills();
  }
  /// The more that the broker may have: of two forms the larger volume and the keener price.
  order_form worst_form() const;
  /// A quantity that no broker can mean for this order, and that sums need not hold.
  bool is_beyond_reason(quantity q) const;
  /// Its broker may have something of it open, or has fills of it that have not come.
  bool is_unfinished() const { return !is_terminal(status()) || lacks_fills(); }
  /// No broker has said that it has it.
  bool is_unheard_of() const {
    return machine.progress() == order_progress::unacknowledged && filled == quantity{} &&
           !is_terminal(status());
  }
  bool was_refused_by(broker_id broker) const {
    return std::ranges::find(refused_by, broker) != refused_by.end();
  }
  /// False when a report of this name or number was noted before; one without either is new.
  bool note_report(const execution_report& report);
  bool note_name(std::uint64_t key);
};

/// What a report asks the books to do: to take one execution back, to book one, or both; or to book
/// what one has cost.
struct order_booking {
  const managed_order* order = nullptr; ///< null: nothing
  booked_execution reversed{};          ///< with a volume above 0
  price at = no_price;
  quantity volume{};          ///< above 0: a fill
  std::optional<money> fee{}; ///< its fee, where the broker has told it
  money fee_more{};           ///< beyond what was booked for the execution
};

/// An own order, as its broker tells it.
struct adopted_order {
  order_request request;
  std::string broker_order{}; ///< as in broker_words
  bool is_id_made = false;    ///< the broker did not say the id that it was sent under
};

class order_manager {
public:
  using commands = std::vector<venue_command>;

  /// Other settings from now on. What is armed and asked for goes on as it is; where `price_min`
  /// is no_price, the symbol's goes on. Precondition: as of the constructor, a price_min for each
  /// symbol, and not fewer symbols than there are.
  void configure(const order_patience& waits, std::size_t symbols, routing_rules routing,
                 const std::vector<price>& price_min);
  /// Another program has sent the order to this broker: it is there, whatever would be done now.
  /// Precondition: knows(sent.id).
  void adopt_sent(const order_request& sent, log_position at);

  /// A fill's price must be above its symbol's in `price_min`, which is 0 where there is none.
  order_manager(const order_patience& waits, std::size_t symbols,
                routing_rules routing = {{broker_id{}}}, std::vector<price> price_min = {});

  /// True when an order with this id was ever sent.
  std::size_t size() const { return orders_.size(); } ///< orders ever sent
  bool knows(order_id id) const { return index_.find(id).has_value(); }

  /// Sends an approved order. Precondition: !knows(request.id).
  void open(const order_request& request, const std::optional<signal_name>& source,
            const risk_result& risk, log_position at, commands& out);

  /// An own order that its broker has and the log does not know: it is open there in this form, or
  /// was. It begins in doubt. Precondition: !knows(lost.id), a side, and a volume above 0.
  void adopt(const adopted_order& lost, log_position at, commands& out);
  /// Whether this may be an order of which no broker has said a word, and which the log may have
  /// lost on its way to this one.
  bool may_be_unheard_of(const order_request& told) const;
  /// What else its broker calls an order that was adopted under an id that was made: the one under
  /// which it was sent, from now on known, too.
  void learn_id(const execution_report& names);
  /// Whether this is an adopted order whose own id was lost with the log, by all that its broker
  /// said of it; true once for each.
  bool claim_adopted(const order_request& request);
  /// A broker has spoken of an order of this id, and it is over: the id is not used again.
  void note_spent(order_id id) {
    if (id != order_id{}) spent_.insert(id);
  }
  bool is_spent(order_id id) const { return spent_.contains(id); }
  /// What others have open at a broker, as far as it counts as ours; replaces what was listed there
  /// before. Returns what has changed.
  std::vector<order_request> count_outside(broker_id broker, std::vector<order_request> open);

  order_booking apply_report(const execution_report& report, log_position at, commands& out);
  /// What was booked as the fee of the fill that apply_report() has just asked to book.
  void note_fee(const execution_report& report, money fee);
  /// An order that a broker lists as open: resolves a doubt, or begins one where it had ended.
  void apply_listed(const broker_snapshot::open_order& listed, broker_id broker, log_position at,
                    commands& out);
  void apply_timer(const timer_due& timer, log_position at, commands& out);
  /// A session that is back may have lost reports: its open orders are queried.
  void apply_broker_event(const broker_event& event, log_position at, commands& out);
  /// Whatever these brokers may have is in doubt, and is asked for.
  void apply_recovery(const slot_recovered& recovered, log_position at, commands& out);
  /// The same of what another program has left, or of venues that are others now.
  void ask_anew(const std::vector<broker_id>& brokers, log_position at, commands& out);
  /// Asks anew, with all their queries, for the orders that are in doubt or lack fills.
  void query_doubtful(log_position at, commands& out);
  /// Asks for one order. Precondition: knows(id).
  void query(order_id id, log_position at, commands& out);

  /// By an operator's command; each fails where it can't be, and says why.
  result<void> cancel(order_id id, log_position at, commands& out);
  /// Nothing is open of an order in doubt, and no fill that it lacks is to come. A sign of life
  /// from its broker takes that back.
  result<void> settle(order_id id, log_position at, commands& out);
  /// Whether the order may be given this form now. `is_waited_for`: another order is to take its
  /// place already, when it has ended.
  result<void> check_replaceable(order_id id, const order_form& form,
                                 bool is_waited_for = false) const;
  /// Precondition: check_replaceable() has passed, and risk has approved the form.
  void replace(order_id id, const order_form& form, log_position at, commands& out);
  /// Cancels what may be open, orders in doubt included; how many. From then on an order whose
  /// doubt ends open is canceled, until sending is allowed again.
  std::size_t cancel_all(log_position at, commands& out);
  /// While it is not allowed, an order that a broker has not taken is not sent to another.
  void allow_sending(bool allowed);
  /// The same, for a reason that comes and goes by itself.
  void allow_rerouting(bool allowed) { may_reroute_ = allowed; }

  const order_router& router() const { return router_; }
  /// Whom a new order would go to: the primary where no broker is usable.
  broker_id target() const { return router_.choose().value_or(primary_); }
  /// Every order that may be open at the broker.
  std::vector<const managed_order*> unfinished_at(broker_id broker) const;

  /// What is open of all orders.
  const open_orders& still_open() const { return open_; }
  /// What open orders are still to close, as far as they were sent with their parts.
  quantity closing(symbol_id symbol, strategy_id strategy, side direction) const {
    return closing_.of(symbol, strategy, direction);
  }
  /// The order with this id, and its request; null when there is none.
  const managed_order* find(order_id id) const;
  const order_request* request_of(order_id id) const;
  /// The order that a report is of, by whatever the broker names it; null when there is none.
  const managed_order* order_of(const execution_report& report) const;

  /// Orders that ended since the last call, in the order of their end. An order that a late fill
  /// changes after it was taken is returned again.
  std::vector<const managed_order*> take_finished();
  void drop_finished(); ///< the same, for those who do not ask which

  /// Whether orders that are new or change are listed from now on; the list begins empty.
  void list_changed(bool wanted);
  std::size_t changed() const { return changed_.size(); }
  /// The orders that were listed since the last call, once each.
  std::vector<const managed_order*> take_changed();
  /// Orders that have not ended, in the order of their creation.
  std::vector<const managed_order*> unfinished() const;

  const order_anomalies& anomalies() const { return anomalies_; }
  void count_id_collision() { anomalies_.count(order_anomaly::id_collision); }
  /// Orders now in each status.
  const std::array<std::uint64_t, order_status_names.size()>& in_status() const { return now_; }
  /// How often each status was entered.
  const std::array<std::uint64_t, order_status_names.size()>& entered() const { return entered_; }

  /// See state_archive.hpp. Settings are those of the configuration; the index is made again.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [waits, orders, index, names, price_min, primary, router, probe_is_armed, recoveries,
           may_send, may_reroute, cancels_all, open, closing, unfinished, unclaimed, spent, outside,
           finished, lists_changed, changed, anomalies, now, entered] = *this;
    archive(orders, names, price_min, router, probe_is_armed, recoveries, may_send, may_reroute,
            cancels_all, open, closing, unfinished, unclaimed, spent, outside, finished, anomalies,
            now, entered);
    if (Archive::is_reader) take_read_orders(archive);
  }

private:
  /// An order's share of open_.
  struct open_share {
    price limit = no_price;
    quantity volume{};
    quantity closing{};
  };
  managed_order& add(const order_request& request, const std::optional<signal_name>& source,
                     const risk_result& risk, log_position at);
  void arm_lifetime(const managed_order& order, log_position at, commands& out) const;
  void end_presumed(managed_order& order, log_position at, commands& out);
  static open_share share_of(const managed_order& order);
  void settle_share(const managed_order& order, const open_share& before);
  void adopt_replacement(managed_order& order);
  void drop_replacement(managed_order& order);
  void take_replaced(managed_order& order, log_position at, commands& out);
  void touch(managed_order& order, log_position at);
  void ask_again(managed_order& order, log_position at, commands& out);
  bool reroute(managed_order& order, log_position at, commands& out);
  void note_broker(const managed_order& order, const execution_report& report, log_position at,
                   commands& out);
  void learn_filled(managed_order& order, const execution_report& report, log_position at,
                    commands& out);
  void arm_probe(commands& out);
  bool transition(managed_order& order, order_event e, log_position at, commands& out);
  bool apply_fill(managed_order& order, const execution_report& report, log_position at,
                  commands& out);
  order_booking book_fill(managed_order& order, const execution_report& report, log_position at,
                          commands& out);
  order_booking take_back(managed_order& order, const execution_report& report, log_position at,
                          commands& out);
  order_booking take_commission(managed_order& order, const execution_report& report);
  std::optional<std::size_t> place_of(const execution_report& report) const;
  void learn_names(managed_order& order, const execution_report& report);
  order_names names_of(const managed_order& order) const {
    return {order.request.reference, order.broker_order, order.request.parts};
  }
  void apply_answer(managed_order& order, const execution_report& report, log_position at,
                    commands& out);
  void apply_status(managed_order& order, const execution_report& report, log_position at,
                    commands& out);
  void apply_replaced(managed_order& order, const execution_report& report, log_position at,
                      commands& out);
  void apply_cancel_rejected(managed_order& order, const execution_report& report, log_position at,
                             commands& out);
  bool is_of_another_broker(managed_order& order, const execution_report& report, log_position at,
                            commands& out);
  bool follow_to(broker_id broker, managed_order& order, const execution_report& report,
                 log_position at);
  bool take_unknown(managed_order& order, const execution_report& report, log_position at,
                    commands& out);
  bool is_end_contradicted(managed_order& order, const execution_report& report, log_position at,
                           commands& out);
  void doubt(managed_order& order, log_position at, commands& out);
  void note_refused_request(managed_order& order, const execution_report& report);
  void take_form(managed_order& order, const execution_report& report);
  bool cancels_when_open(const managed_order& order, timestamp now) const;
  void request_cancel(managed_order& order, log_position at, commands& out);
  void send_query(managed_order& order, log_position at, commands& out);
  void list_finished(managed_order& order);
  void list_unfinished(const managed_order& order);
  std::vector<std::size_t> unfinished_places() const;
  bool is_price(symbol_id symbol, price p) const;
  bool lifetime_is_over(const managed_order& order, timestamp now) const;

  template <class Archive>
  void take_read_orders(Archive& archive) {
    index_ = {};
    for (std::size_t place = 0; place < orders_.size(); ++place) {
      orders_[place].place = place;
      auto id = orders_[place].request.id;
      if (index_.find(id)) return archive.reject();
      index_.add(id, place);
      auto said = orders_[place].said_id;
      if (said != order_id{} && !index_.find(said)) index_.add(said, place);
    }
    auto is_place = [this](std::size_t place) { return place < orders_.size(); };
    if (!std::ranges::all_of(unfinished_, is_place) || !std::ranges::all_of(finished_, is_place) ||
        !std::ranges::all_of(unclaimed_, is_place))
      archive.reject();
  }

  order_patience patience_;
  std::deque<managed_order> orders_; // in order of creation; kept to recognise late reports
  order_index index_;
  broker_order_names names_;
  std::vector<price> price_min_; // by symbol
  broker_id primary_;
  order_router router_;
  bool probe_is_armed_ = false;
  std::uint32_t recoveries_ = 0; ///< part of the probe's timer, see trading_state
  bool may_send_ = true;
  bool may_reroute_ = true;
  bool cancels_all_ = false;
  open_orders open_;
  closing_volumes closing_;
  unfinished_orders unfinished_;
  std::vector<std::size_t> unclaimed_; // adopted, under ids that were made
  std::set<order_id> spent_;           // of orders that were lost with the log's end
  std::map<broker_id, std::vector<order_request>> outside_;
  std::vector<std::size_t> finished_;
  bool lists_changed_ = false;
  std::vector<std::size_t> changed_;
  order_anomalies anomalies_;
  std::array<std::uint64_t, order_status_names.size()> now_{};
  std::array<std::uint64_t, order_status_names.size()> entered_{};
};

inline void order_manager::touch(managed_order& order, log_position at) {
  order.updated = at;
  if (!lists_changed_ || order.is_listed_changed) return;
  order.is_listed_changed = true;
  changed_.push_back(order.place);
}

inline std::vector<const managed_order*> order_manager::take_changed() {
  std::vector<const managed_order*> taken;
  taken.reserve(changed_.size());
  for (auto i : changed_)
    taken.push_back(&orders_[i]);
  list_changed(lists_changed_);
  return taken;
}

inline void order_manager::list_changed(bool wanted) {
  lists_changed_ = wanted;
  for (auto i : changed_)
    orders_[i].is_listed_changed = false;
  changed_.clear();
}

} // namespace tickmesh
