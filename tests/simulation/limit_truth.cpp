#include "tests/simulation/limit_truth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tickmesh {

namespace {

int128 magnitude(int128 v) {
  return v < 0 ? -v : v;
}

bool has_words_of(const order_request& a, const order_request& b) {
  return a.symbol == b.symbol && a.strategy == b.strategy && a.direction == b.direction &&
         a.limit == b.limit && a.volume == b.volume;
}

/// Which refusals are not for what closes.
bool lets_closing_pass(verdict rule) {
  switch (rule) {
  case verdict::position_limit_exceeded:
  case verdict::daily_loss_limit:
  case verdict::order_count_exceeded:
  case verdict::order_day_exceeded:
  case verdict::cancel_day_exceeded:
  case verdict::gross_exposure_exceeded:
  case verdict::net_exposure_exceeded:
  case verdict::stale_mark:
  case verdict::short_not_allowed: return true;
  default: return false;
  }
}

/// Which refusals are for what the log alone says, so that no broker can explain them.
bool is_of_the_log(verdict rule) {
  switch (rule) {
  case verdict::daily_loss_limit:
  case verdict::order_count_exceeded:
  case verdict::order_rate_exceeded:
  case verdict::order_day_exceeded:
  case verdict::cancel_rate_exceeded:
  case verdict::cancel_day_exceeded: return true;
  default: return false;
  }
}

broker_id broker_of(order_id id, const std::vector<venue_command>& commands) {
  for (auto& command : commands) {
    if (auto* order = std::get_if<order_request>(&command); order && order->id == id)
      return order->broker;
    if (auto* form = std::get_if<replace_request>(&command); form && form->order == id)
      return form->broker;
  }
  return {};
}

} // namespace

void limit_truth::say(const limit_scope& scope, const judged_order& order,
                      const std::string& what) {
  violations_->push_back(fmt::format("event {}: order {} was approved; {}: {}", event_,
                                     format_order_id(order.request.id), format_scope(scope), what));
}

/// The order that a verdict is about.
limit_truth::judged_order limit_truth::judged(const order_verdict& verdict,
                                              const sequenced_event& event,
                                              trading_state& trading) const {
  if (auto* s = std::get_if<signal>(&event.what))
    return {.request = trading.request_of(*s), .signal_time = s->effective_time};
  auto* command = std::get_if<operator_command>(&event.what);
  bool is_form = command && std::holds_alternative<operator_replace>(command->action);
  judged_order out{.request = *verdict.form,
                   .kind = is_form ? order_kind::new_form : order_kind::of_flattening,
                   .signal_time = event.time};
  if (!is_form) return out;
  auto& old = trading.orders().find(verdict.order)->request; // until the broker has the new form
  bool is_keener = buys(old) ? out.request.limit > old.limit : out.request.limit < old.limit;
  out.shrinks = !is_keener && out.request.volume <= old.volume;
  for (auto& broker : brokers_)
    if (auto found = broker->orders().find(verdict.order); found != broker->orders().end())
      out.request.volume -= found->second.filled;
  out.shrinks |= out.request.volume <= quantity{}; // filled beyond it, unheard: nothing is opened
  return out;
}

void limit_truth::judge(const sequenced_event& event, trading_state& trading,
                        const std::vector<venue_command>& commands,
                        std::vector<std::string>& violations,
                        std::map<std::string, std::uint64_t>& counts) {
  violations_ = &violations;
  counts_ = &counts;
  event_ = event.number;
  for (auto& verdict : trading.verdicts()) {
    auto outcome = verdict.risk.outcome;
    ++counts[std::string{to_string(outcome)}];
    if (outcome != verdict::approved && !lets_closing_pass(outcome) && !is_of_the_log(outcome))
      continue;
    auto order = judged(verdict, event, trading);
    look_at_brokers(trading, order.kind == order_kind::new_form ? verdict.order : order_id{});
    if (outcome == verdict::approved)
      judge_approved(order, event, trading, broker_of(verdict.order, commands));
    else if (order.kind == order_kind::of_signal)
      judge_refused(order.request, verdict.risk, event.time, trading);
  }
}

void limit_truth::judge_approved(const judged_order& order, const sequenced_event& event,
                                 trading_state& trading, broker_id broker) {
  auto scopes = world_.settings.all_limits();
  auto& account = scopes.front();
  auto& request = order.request;
  for (auto& scope : scopes)
    if (covers(scope, request)) judge_scope(scope, order, event.time, trading);
  bool is_certain = taken_back(brokers_) == 0;
  auto held = exposure(account, request);
  bool closes = is_closing(held, request);
  if (mode_ == trading_mode::halted && order.kind == order_kind::of_signal)
    say(account, order, "trading is halted");
  if (mode_ == trading_mode::reducing && !closes && !order.shrinks && is_certain)
    say(account, order, "trading may only reduce");
  for (std::uint8_t i = 0; i < brokers_.size(); ++i)
    if (!trading.comparison().standing(broker_id{i}).empty() && !order.shrinks)
      say(account, order, fmt::format("a difference with broker {} stands", i));
  auto per_second = world_.settings.brokers[broker.value].orders_per_second_max;
  auto in_second = count_sent([&](auto& sent) {
    return sent.order.broker == broker && sent.time > event.time - std::chrono::seconds{1};
  });
  if (per_second && in_second >= *per_second)
    say(account, order, fmt::format("its broker got {} in a second", in_second));
  auto& traded = world_.universe.instruments[request.symbol.value];
  if (!traded->short_allowed && !buys(request) && !order.shrinks && is_certain &&
      held.sells + request.volume.value > std::max<std::int64_t>(held.held, 0))
    say(account, order, "it could sell what is not held");
  for (auto& other : live_) {
    bool crosses =
        buys(request) ? request.limit >= other.request.limit : request.limit <= other.request.limit;
    bool is_other_side =
        other.request.symbol == request.symbol && buys(other.request) != buys(request);
    bool is_refused = std::ranges::any_of(
        scopes, [&](auto& s) { return s.limits.refuse_self_trade && covers(s, request); });
    if (is_refused && is_other_side && crosses && !order.shrinks)
      say(account, order, "it could trade with " + format_order_id(other.request.id));
  }
}

void limit_truth::judge_scope(const limit_scope& scope, const judged_order& order, timestamp now,
                              const trading_state& trading) {
  auto& limits = scope.limits;
  auto& request = order.request;
  auto held = exposure(scope, request);
  bool is_certain = taken_back(brokers_) == 0; // else what is held may have changed unheard
  bool is_waived = order.shrinks || order.kind == order_kind::of_flattening || !is_certain ||
                   is_closing(held, request);
  auto could_be =
      request.volume.value + (buys(request) ? held.held + held.buys : held.sells - held.held);
  if (limits.position_max && could_be > limits.position_max->value) {
    ++(*counts_)["beyond position_max, and let pass"];
    if (!is_waived)
      say(scope, order, fmt::format("the position could become {}", format_decimal(could_be)));
  }
  auto value = int128{request.volume.value / decimal_scale} * request.limit.value *
               (multiplier(request.symbol) / decimal_scale);
  bool is_free_of_value = order.shrinks || order.kind == order_kind::of_flattening;
  if (limits.order_value_max && value > limits.order_value_max->value && !is_free_of_value)
    say(scope, order, fmt::format("its value is {}", format_decimal(value)));
  if (limits.order_size_max && request.volume > *limits.order_size_max && !order.shrinks)
    say(scope, order, fmt::format("its volume is {}", format_decimal(request.volume.value)));
  if (limits.daily_loss_max) {
    auto pnl = day_pnl(scope, request, trading);
    if (-pnl.value >= limits.daily_loss_max->value) {
      ++(*counts_)["beyond daily_loss_max, and let pass"];
      if (!is_waived)
        say(scope, order, fmt::format("the day's profit is {}", format_decimal(pnl.value)));
    }
  }
  judge_counts(scope, order, now, is_waived);
  judge_market(scope, order, now, is_waived);
  if (!is_waived) judge_sums(scope, order);
}

/// What the scope's positions are worth when all fills that the order helps.
void limit_truth::judge_sums(const limit_scope& scope, const judged_order& order) {
  auto& limits = scope.limits;
  if (!limits.gross_exposure_max && !limits.net_exposure_max) return;
  auto& request = order.request;
  int128 longs = 0, shorts = 0, gross = 0;
  std::map<std::uint32_t, true_exposure> by_symbol;
  by_symbol[request.symbol.value] = {};
  for (auto& [at, held] : exposures_) {
    bool is_own = scope.kind != scope_kind::strategy || at.second == slot_of(request.strategy);
    bool is_same = scope.kind != scope_kind::symbol || at.first == request.symbol.value;
    if (!is_own || !is_same) continue;
    auto& sum = by_symbol[at.first];
    sum.held += held.held;
    sum.buys += held.buys;
    sum.sells += held.sells;
  }
  auto& own = by_symbol[request.symbol.value];
  (buys(request) ? own.buys : own.sells) += request.volume.value;
  for (auto& [symbol, held] : by_symbol) {
    auto at = marks_[symbol].last;
    if (at == no_price) return; // by arrival a signal may come before its symbol's first mark
    auto worth = [&](std::int64_t volume) {
      return int128{volume / decimal_scale} * at.value *
             (multiplier(symbol_id{symbol}) / decimal_scale);
    };
    auto most = worth(held.held + held.buys), least = worth(held.held - held.sells);
    longs += most;
    shorts += least;
    gross += std::max(magnitude(most), magnitude(least));
  }
  if (limits.gross_exposure_max && gross > limits.gross_exposure_max->value)
    say(scope, order, fmt::format("gross exposure could become {}", format_decimal(gross)));
  auto net = buys(request) ? longs : -shorts;
  if (limits.net_exposure_max && net > limits.net_exposure_max->value)
    say(scope, order,
        fmt::format("net exposure could become {} and {}, of {}", format_decimal(longs),
                    format_decimal(shorts), format_decimal(limits.net_exposure_max->value)));
}

/// How many requests of the second or of the day count against the scope's limits.
std::uint64_t limit_truth::sent_so_far(const limit_scope& scope, const order_request& request,
                                       bool is_cancel, std::optional<timestamp> now) const {
  return count_sent([&](const sent_request& sent) {
    bool is_own = scope.kind == scope_kind::strategy ? sent.order.strategy == request.strategy
                  : scope.kind == scope_kind::symbol ? sent.order.symbol == request.symbol
                                                     : true;
    bool counts = now ? sent.time > *now - std::chrono::seconds{1} : sent.day == day_;
    return counts && sent.is_cancel == is_cancel && is_own;
  });
}

void limit_truth::judge_counts(const limit_scope& scope, const judged_order& order, timestamp now,
                               bool is_waived) {
  auto& limits = scope.limits;
  auto judge = [&](auto limit, const char* what, bool is_cancel, bool is_of_day) {
    if (!limit || (is_of_day && is_waived)) return;
    auto so_far =
        sent_so_far(scope, order.request, is_cancel, is_of_day ? std::nullopt : std::optional{now});
    if (so_far >= *limit) say(scope, order, fmt::format("{} {} before it", so_far, what));
  };
  judge(limits.orders_per_second_max, "orders of the second", false, false);
  judge(limits.orders_per_day_max, "orders of the day", false, true);
  judge(limits.cancels_per_second_max, "cancels of the second", true, false);
  judge(limits.cancels_per_day_max, "cancels of the day", true, true);
  if (limits.orders_max && opened_today_ >= *limits.orders_max && !is_waived)
    say(scope, order, fmt::format("{} were opened on the day", opened_today_));
  if (!limits.duplicate_window || order.kind != order_kind::of_signal) return;
  auto same = count_sent([&](auto& sent) {
    return !sent.is_cancel && now - sent.time < *limits.duplicate_window &&
           has_words_of(sent.order, order.request);
  });
  if (same > 0) say(scope, order, "the same was sent a moment ago");
}

/// Whether a limit that rests on the log alone is reached.
bool limit_truth::is_reached(verdict rule, const limit_scope& scope, const order_request& request,
                             timestamp now, const trading_state& trading) const {
  auto& limits = scope.limits;
  auto sent = [&](bool is_cancel, bool is_of_day) {
    return sent_so_far(scope, request, is_cancel, is_of_day ? std::nullopt : std::optional{now});
  };
  switch (rule) {
  case verdict::daily_loss_limit:
    return -day_pnl(scope, request, trading).value >= limits.daily_loss_max->value;
  case verdict::order_count_exceeded: return opened_today_ >= *limits.orders_max;
  case verdict::order_rate_exceeded: return sent(false, false) >= *limits.orders_per_second_max;
  case verdict::order_day_exceeded: return sent(false, true) >= *limits.orders_per_day_max;
  case verdict::cancel_rate_exceeded: return sent(true, false) >= *limits.cancels_per_second_max;
  case verdict::cancel_day_exceeded: return sent(true, true) >= *limits.cancels_per_day_max;
  default: return true;
  }
}

void limit_truth::judge_market(const limit_scope& scope, const judged_order& order, timestamp now,
                               bool is_waived) {
  auto& limits = scope.limits;
  auto& mark = marks_[order.request.symbol.value];
  auto age = mark.last == no_price ? nanoseconds::max() : now - mark.time;
  if (order.shrinks) return;
  if (limits.mark_age_max && age > *limits.mark_age_max)
    say(scope, order, fmt::format("its mark is {} ns old", age.count()));
  if (limits.frozen_mark_max && age > *limits.frozen_mark_max && !is_waived)
    say(scope, order, fmt::format("it opens at a mark that is {} ns old", age.count()));
  if (limits.signal_age_max && now - order.signal_time > *limits.signal_age_max)
    say(scope, order, "its signal is too old");
  auto& symbol = world_.universe.symbols[order.request.symbol.value];
  auto fits = [&](auto& pattern) { return matches_pattern(pattern, symbol); };
  if (std::ranges::any_of(limits.symbols_restricted, fits)) say(scope, order, "is restricted");
  if (!limits.symbols_allowed.empty() && std::ranges::none_of(limits.symbols_allowed, fits))
    say(scope, order, "is not allowed");
  if (!limits.collar_ratio) return;
  auto above = int128{order.request.limit.value} - mark.last.value;
  auto worse = buys(order.request) ? above : -above;
  if (mark.last == no_price ||
      worse * decimal_scale > magnitude(mark.last.value) * *limits.collar_ratio)
    say(scope, order, "its price is beyond the collar");
}

/// What only closes is let pass, wherever our books know all that the brokers have; and a limit
/// that rests on the log refuses when it is reached, no sooner.
void limit_truth::judge_refused(const order_request& request, const risk_result& risk,
                                timestamp now, const trading_state& trading) {
  auto scopes = world_.settings.all_limits();
  auto& scope = scopes[risk.scope];
  auto complain = [&](const char* what) {
    violations_->push_back(fmt::format("event {}: order {} was refused; {}: {}, {}", event_,
                                       format_order_id(request.id), format_scope(scope),
                                       to_string(risk.outcome), what));
  };
  if (!is_reached(risk.outcome, scope, request, now, trading)) complain("which is not reached");
  if (!lets_closing_pass(risk.outcome)) return;
  auto all = exposure(scopes.front(), request);
  auto ours = trading.exposure(request.symbol);
  bool is_all_known = ours.position.value == all.held && ours.open_buys.value == all.buys &&
                      ours.open_sells.value == all.sells;
  if (is_all_known && is_closing(exposure(scope, request), request)) complain("but it closes");
}

} // namespace tickmesh
