// What brokers say of themselves and hold, and how that compares with our books.
#include "actors/execution/trading/trading_state.hpp"

#include <fmt/format.h>

#include <bit>

namespace tickmesh {

namespace {

/// Where none is configured, and there are brokers that don't live in this process.
constexpr std::chrono::seconds reconcile_interval_outside{10};

} // namespace

void trading_state::apply_snapshot(const broker_snapshot& snapshot, log_position at,
                                   std::vector<venue_command>& out) {
  adopt_listed(snapshot, at, out);
  auto theirs = with_our_ids(snapshot);
  for (auto& listed : theirs.orders) {
    orders_.apply_listed(listed, snapshot.broker, at, out);
    if (auto* known = orders_.find(listed.order))
      risk_.update_open(known->request, orders_.still_open());
  }
  count_outside(theirs);
  for (auto order : at_brokers_.compare(theirs, orders_))
    orders_.query(order, at, out);
  // What an execution that was lost, or taken back unheard, would explain. The answer may get lost,
  // too, so that it is asked for again, ever more seldom.
  if (std::has_single_bit(at_brokers_.comparison().stands_for(snapshot.broker)))
    out.emplace_back(executions_request{snapshot.broker, timestamp::min()});
  arm_reconciliation(at, out);
}

/// A broker whose session is back is not trusted with orders before its books were compared.
void trading_state::apply_broker_event(const broker_event& news, log_position at,
                                       std::vector<venue_command>& out) {
  sessions_.note(news, at.time);
  orders_.apply_broker_event(news, at, out);
  if (news.news == broker_news::executions_told)
    at_brokers_.comparison().note_executions_told(news.broker);
  if (news.news != broker_news::session_up) return;
  ask_for_books(news.broker, out);
  arm_reconciliation(at, out);
}

std::vector<session_row> trading_state::sessions() const {
  std::vector<session_row> out;
  auto brokers = settings_.all_brokers();
  for (std::uint8_t i = 0; i < brokers.size(); ++i)
    if (settings_.is_external(brokers[i]))
      out.push_back({brokers[i].name, sessions_.of(broker_id{i})});
  return out;
}

void trading_state::apply_recovery(const slot_recovered& recovered, log_position at,
                                   std::vector<venue_command>& out) {
  // A life that ended behind its inputs did not arm what recurs.
  ++recoveries_;
  has_outside_ = true; // only then is slot_recovered in the log
  reconciles_at_.reset();
  halt_works_ = false;
  orders_.apply_recovery(recovered, at, out);
  for (auto broker : recovered.external) {
    ask_for_books(broker, out);
    if (recovered.may_lack_end) at_brokers_.comparison().await_first(broker);
  }
  arm_reconciliation(at, out);
  work_on_halt(at, out);
}

/// Executions first: what they bring is no difference then.
void trading_state::ask_for_books(broker_id broker, std::vector<venue_command>& out) {
  at_brokers_.comparison().await(broker);
  ask_for_executions(broker, out);
  out.emplace_back(snapshot_request{broker});
}

void trading_state::ask_for_executions(broker_id broker, std::vector<venue_command>& out) {
  out.emplace_back(executions_request{broker, at_brokers_.executions_known_until(broker)});
}

/// While nothing may be sent for a difference, the next comparison comes as soon as an answer may
/// be awaited.
void trading_state::arm_reconciliation(log_position at, std::vector<venue_command>& out) {
  auto interval = settings_.reconcile_interval;
  if (has_outside_ && interval == nanoseconds::zero()) interval = reconcile_interval_outside;
  if (!at_brokers_.is_clean() &&
      (interval == nanoseconds::zero() || interval > settings_.report_timeout))
    interval = settings_.report_timeout;
  if (interval <= nanoseconds::zero()) return;
  auto due = at.time + interval;
  if (reconciles_at_ && *reconciles_at_ <= due) return;
  reconciles_at_ = due;
  out.emplace_back(timer_request{
      {.due = due, .purpose = timer_purpose::reconciliation, .attempt = ++reconciliations_}});
}

/// No order goes out while a difference stands, nor to a broker that was not compared with, nor
/// while one that is connected still has to be; nor, where the log may lack its end, before all
/// have been, and have told their executions.
bool trading_state::is_reconciled() const {
  auto& known = at_brokers_.comparison();
  if (known.is_clean()) return true;
  auto target = orders_.target();
  auto brokers = settings_.all_brokers().size();
  for (std::uint8_t i = 0; i < brokers; ++i) {
    broker_id broker{i};
    if (!known.standing(broker).empty() || known.is_awaited_first(broker) ||
        known.awaits_executions(broker))
      return false;
    bool matters = broker == target || orders_.router().is_connected(broker);
    if (known.is_awaited(broker) && matters) return false;
  }
  return true;
}

std::string trading_state::describe(broker_id broker, const book_difference& difference) const {
  bool is_position = difference.kind == difference_kind::position;
  bool is_known = difference.symbol.value < universe_.symbols.size();
  return fmt::format("{}: {} of {}: {} here, {} there", settings_.all_brokers()[broker.value].name,
                     difference_kind_names[static_cast<std::size_t>(difference.kind)],
                     !is_position ? "order " + format_order_id(difference.order)
                     : is_known   ? universe_.symbols[difference.symbol.value]
                                  : fmt::format("symbol {}", difference.symbol.value),
                     format_decimal(difference.ours.value),
                     format_decimal(difference.theirs.value));
}

/// What a broker that is configured no more may still have of us; empty: nothing. New orders are
/// not kept back for it.
std::string trading_state::describe_left_at(broker_id broker) const {
  std::string out;
  auto add = [&out](const std::string& what) { out += (out.empty() ? "" : ", ") + what; };
  if (auto open = orders_.unfinished_at(broker).size(); open > 0)
    add(fmt::format("{} orders that have not ended", open));
  auto held = at_brokers_.positions(broker);
  for (std::size_t i = 0; i < held.size(); ++i)
    if (held[i].held != quantity{})
      add(fmt::format("{} of {}", format_decimal(held[i].held.value), universe_.symbols[i]));
  if (out.empty()) return out;
  return fmt::format("{}: is configured no more, and has {}",
                     settings_.all_brokers()[broker.value].name, out);
}

std::vector<std::string> trading_state::reconciliation_problems() const {
  std::vector<std::string> out;
  auto brokers = settings_.all_brokers();
  auto& known = at_brokers_.comparison();
  for (std::uint8_t i = 0; i < brokers.size(); ++i) {
    broker_id broker{i};
    if (known.is_awaited(broker))
      out.push_back(fmt::format("{}: {}", brokers[i].name,
                                orders_.router().is_connected(broker)
                                    ? "not compared with our books yet"
                                    : "no session, and not compared with our books yet"));
    else if (known.awaits_executions(broker))
      out.push_back(fmt::format("{}: has not told its executions yet", brokers[i].name));
    for (auto& difference : known.standing(broker))
      out.push_back(describe(broker, difference));
    if (brokers[i].is_gone)
      if (auto left = describe_left_at(broker); !left.empty()) out.push_back(std::move(left));
  }
  return out;
}

} // namespace tickmesh
