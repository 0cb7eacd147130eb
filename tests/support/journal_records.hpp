// Random events and decisions for tests of the journal, and records of them.
#pragma once

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal.hpp"
#include "actors/execution/journal/journal_reader.hpp"
#include "messages/enumerators.hpp"
#include "tests/support/log_files.hpp"
#include "tests/support/random_configuration.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tickmesh {

/// Makes events whose every field is random, extremes included. Times rise.
class event_maker {
public:
  explicit event_maker(std::uint64_t seed) : event_maker(std::mt19937_64{seed}) {}
  /// `random` gives numbers of 64 bits. Zeros make the simplest events.
  explicit event_maker(std::function<std::uint64_t()> random) : random_(std::move(random)) {}

  /// Below `limit`.
  std::uint64_t draw(std::uint64_t limit) { return random_() % limit; }

  /// Of any size: each bit length is as likely as any other.
  std::int64_t number() {
    switch (draw(12)) {
    case 0: return 0;
    case 1: return INT64_MIN;
    case 2: return INT64_MAX;
    case 3: return static_cast<std::int64_t>(draw(1000)) * decimal_scale;
    default: return static_cast<std::int64_t>(random_()) >> draw(64);
    }
  }
  std::uint64_t unsigned_number() { return static_cast<std::uint64_t>(number()); }

  market_mark make_mark() { return make<market_mark>(); }

  /// An event that is not a mark, of any kind.
  auto make_content() {
    using content = decltype(sequenced_event::what);
    static_assert(std::is_same_v<std::variant_alternative_t<0, content>, market_mark>);
    return make_alternative<content, 1>(draw(std::variant_size_v<content> - 1));
  }

  venue_command make_command() {
    return make_alternative<venue_command>(draw(std::variant_size_v<venue_command>));
  }

  order_verdict make_verdict() { return make<order_verdict>(); }

  /// The next events: up to `marks_max` marks, and others with what was decided at them.
  logged_events make_batch(std::size_t marks_max = 20, std::size_t others_max = 6) {
    logged_events out;
    auto& [batch, decisions] = out;
    auto marks = draw(marks_max + 1);
    auto others = draw(others_max + 1);
    if (marks + others == 0) marks = 1;
    batch.first_number = next_;
    for (std::size_t i = 0; i < others; ++i) {
      auto before = i == 0 ? 0 : batch.others.back().marks_before;
      before += draw(marks - before + 1);
      time_ += nanoseconds{draw(1000)};
      sequenced_event event{.number = next_ + before + i, .time = time_, .what = make_content()};
      batch.others.push_back({before, std::move(event)});
      for (auto count = draw(3); count > 0; --count)
        decisions.verdicts.push_back({i, make_verdict()});
      for (auto count = draw(4); count > 0; --count)
        decisions.commands.push_back({i, make_command()});
    }
    while (batch.marks.size() < marks)
      batch.marks.push_back(make_mark());
    next_ += batch.size();
    return out;
  }

private:
  template <class Value>
  Value make() {
    Value out;
    fill(out);
    return out;
  }

  /// The alternative `First + which`; does not compile while one has no `fill`.
  template <class Variant, std::size_t First = 0>
  Variant make_alternative(std::size_t which) {
    if constexpr (First + 1 < std::variant_size_v<Variant>)
      if (which > 0) return make_alternative<Variant, First + 1>(which - 1);
    return make<std::variant_alternative_t<First, Variant>>();
  }

  // Each names all fields of its type, and does not compile when one is added.

  void fill(market_mark& m) {
    auto& [symbol, trading_day, data_epoch, number, time, last, bid, bid_volume, ask, ask_volume,
           has_book] = m;
    fill_all(symbol, trading_day, data_epoch, number, time, last, bid, bid_volume, ask, ask_volume,
             has_book);
  }
  void fill(signal_name& n) {
    auto& [symbol, strategy, configuration_version, data_epoch, last_tick, window_end] = n;
    fill_all(symbol, strategy, configuration_version, data_epoch, last_tick, window_end);
  }
  void fill(signal& s) {
    auto& [name, time, direction, volume, limit, last, bid, ask, ingest_ns, sent_ns] = s;
    fill_all(name, time, direction, volume, limit, last, bid, ask, ingest_ns, sent_ns);
  }
  void fill(execution_id& i) {
    auto& [order, counter] = i;
    fill_all(order, counter);
  }
  void fill(execution_report& r) {
    auto& [id, order, broker, kind, status, last_price, last_quantity, cumulative, time, revision,
           refusal, form, text, reference, is_told_again, words] = r;
    fill_all(id, order, broker, kind, status, last_price, last_quantity, cumulative, time, revision,
             refusal, form, text, reference, is_told_again, words);
  }
  void fill(broker_words& w) {
    auto& [order, execution, original, code, commission, symbol, direction] = w;
    fill_all(order, execution, original, code, commission, symbol, direction);
  }
  void fill(order_form& f) {
    auto& [limit, volume] = f;
    fill_all(limit, volume);
  }
  void fill(timer_due& t) {
    auto& [due, order, purpose, attempt] = t;
    fill_all(due, order, purpose, attempt);
  }
  void fill(broker_event& e) {
    auto& [broker, news, text, trading_day, reference_next] = e;
    fill_all(broker, news, text, reference_next);
    trading_day = static_cast<std::int32_t>(draw(30'000'000));
  }
  void fill(broker_snapshot::open_order& o) {
    auto& [order, cumulative, symbol, direction, form, reference, broker_order] = o;
    fill_all(order, cumulative, symbol, direction, form, reference, broker_order);
  }
  void fill(broker_snapshot::net_position& p) {
    auto& [symbol, held, instrument, apart] = p;
    fill_all(symbol, held, instrument, apart);
  }
  void fill(broker_snapshot::sides& s) {
    auto& [long_today, long_earlier, short_today, short_earlier] = s;
    fill_all(long_today, long_earlier, short_today, short_earlier);
  }
  void fill(broker_snapshot& s) {
    auto& [broker, orders, positions, funds] = s;
    fill_all(broker, orders, positions, funds);
  }
  void fill(account_funds& f) {
    auto& [account, cash, available, margin] = f;
    fill_all(account, cash, available, margin);
  }
  void fill(slot_recovered& r) {
    auto& [writer, external, may_lack_end] = r;
    fill_all(writer, external, may_lack_end);
  }
  void fill(order_request& o) {
    auto& [id, symbol, strategy, direction, limit, volume, lifetime, broker, type, reference,
           parts] = o;
    fill_all(id, symbol, strategy, direction, limit, volume, lifetime, broker, type, reference,
             parts);
  }
  void fill(order_split& p) {
    auto& [close_today, close_yesterday, open] = p;
    fill_all(close_today, close_yesterday, open);
  }
  void fill(order_names& n) {
    auto& [reference, broker_order, parts] = n;
    fill_all(reference, broker_order, parts);
  }
  void fill(replace_request& r) {
    auto& [order, broker, revision, limit, volume, names] = r;
    fill_all(order, broker, revision, limit, volume, names);
  }
  void fill(cancel_request& r) {
    auto& [order, broker, names] = r;
    fill_all(order, broker, names);
  }
  void fill(status_query& q) {
    auto& [order, broker, names] = q;
    fill_all(order, broker, names);
  }
  void fill(broker_probe& p) {
    auto& [broker] = p;
    fill(broker);
  }
  void fill(snapshot_request& r) {
    auto& [broker] = r;
    fill(broker);
  }
  void fill(executions_request& r) {
    auto& [broker, since] = r;
    fill_all(broker, since);
  }
  void fill(timer_request& r) {
    auto& [timer] = r;
    fill(timer);
  }
  void fill(risk_result& r) {
    auto& [outcome, usage, limit, scope] = r;
    fill_all(outcome, usage, limit, scope);
  }
  void fill(order_verdict& v) {
    auto& [order, risk, form] = v;
    fill_all(order, risk, form);
    if (form) form->broker = {}; // is not part of what is judged
  }
  void fill(operator_command& c) {
    auto& [who, reason, asked, action] = c;
    fill_all(who, reason, asked);
    action = make_alternative<operator_action>(draw(std::variant_size_v<operator_action>));
  }
  void fill(clock_mark&) {}
  void fill(slot_configured& c) {
    c.configuration = std::make_shared<const slot_configuration>(random_configuration(random_()));
  }
  void fill(trading_switch& s) {
    auto& [mode, cancel_all, flatten] = s;
    fill_all(mode, cancel_all, flatten);
  }
  void fill(operator_cancel& c) {
    auto& [order] = c;
    fill(order);
  }
  void fill(operator_replace& r) {
    auto& [order, limit, volume] = r;
    fill_all(order, limit, volume);
  }
  void fill(limits_change& c) {
    auto& [limits, base] = c;
    fill_all(limits, base);
    limits.insert(limits.begin(), make<limit_scope>());
    limits.front().kind = scope_kind::global;
  }
  void fill(limit_scope& s) {
    auto& [kind, name, limits] = s;
    fill_all(kind, name, limits);
  }
  void fill(risk_limits& l) {
    auto& [position_max, order_value_max, daily_loss_max, orders_max, order_size_max, collar_ratio,
           orders_per_second_max, orders_per_day_max, cancels_per_second_max, cancels_per_day_max,
           duplicate_window, refuse_self_trade, gross_exposure_max, net_exposure_max,
           symbols_restricted, symbols_allowed, in_session_only, mark_age_max, frozen_mark_max,
           signal_age_max] = l;
    fill_all(orders_max, orders_per_day_max, cancels_per_day_max, refuse_self_trade,
             symbols_restricted, symbols_allowed, in_session_only);
    // As far as a configuration can say it.
    auto some = [this](auto& limit, std::uint64_t below) {
      using value = std::decay_t<decltype(*limit)>;
      if (draw(2) == 0) limit = value(static_cast<std::int64_t>(1 + draw(below)));
    };
    some(position_max, 1ULL << 62U);
    some(order_size_max, 1ULL << 62U);
    some(collar_ratio, decimal_scale);
    some(orders_per_second_max, orders_per_second_limit);
    some(cancels_per_second_max, orders_per_second_limit);
    some(duplicate_window, 60'000'000'000);
    some(mark_age_max, 1'000'000'000);
    some(frozen_mark_max, 1'000'000'000);
    some(signal_age_max, 1'000'000'000);
    for (auto* limit : {&order_value_max, &daily_loss_max, &gross_exposure_max, &net_exposure_max})
      some(*limit, 1ULL << 62U);
  }
  void fill(order_settlement& s) {
    auto& [order] = s;
    fill(order);
  }
  void fill(books_acceptance& a) {
    auto& [broker] = a;
    fill(broker);
  }

  template <class Value>
  void fill(boxed<Value>& value) {
    Value content;
    fill(content);
    value = std::move(content);
  }
  template <class Value>
  void fill(std::optional<Value>& value) {
    if (draw(2) == 0) value = make<Value>();
  }
  void fill(nanoseconds& t) { t = nanoseconds{number()}; }

  template <class... Values>
  void fill_all(Values&... values) {
    (fill(values), ...);
  }

  template <class Tag, class Rep>
  void fill(named_number<Tag, Rep>& n) {
    fill(n.value);
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void fill(Enum& e) { e = static_cast<Enum>(draw(enumerator_count<Enum>)); }
  template <std::integral Integer>
  void fill(Integer& i) {
    i = static_cast<Integer>(number());
  }
  void fill(bool& b) { b = draw(2) == 0; }
  void fill(int128& wide) {
    wide = static_cast<int128>(number()) * number() + number();
    if (draw(16) == 0) wide = usage_overflow;
  }
  void fill(timestamp& t) { t = from_ns(number()); }
  void fill(std::string& text) {
    text.resize(draw(3) == 0 ? draw(40) : 0);
    for (auto& byte : text)
      byte = static_cast<char>(draw(256));
  }
  template <class Element>
  void fill(std::vector<Element>& elements) {
    elements.resize(draw(4));
    for (auto& element : elements)
      fill(element);
  }

  std::function<std::uint64_t()> random_;
  std::uint64_t next_ = 1;
  timestamp time_ = from_ns(1'538'960'400'000'000'000);
};

inline bool operator==(const event_batch::placed_event& a, const event_batch::placed_event& b) {
  return a.marks_before == b.marks_before && a.event == b.event;
}

inline bool is_same(const logged_events& a, const logged_events& b) {
  return a.batch.first_number == b.batch.first_number && a.batch.marks == b.batch.marks &&
         a.batch.others == b.batch.others && a.decisions.verdicts == b.decisions.verdicts &&
         a.decisions.commands == b.decisions.commands;
}

/// A record that owns its payload.
struct made_record {
  logged_events events;
  std::string payload;
  epoch writer{1};

  journal_record record() const {
    return {.first = events.batch.first_number,
            .events = static_cast<std::uint32_t>(events.batch.size()),
            .writer = writer,
            .payload = payload};
  }
  std::size_t bytes() const { return journal_record_bytes(payload.size()); }
};

/// The first `count` records of a journal, with small payloads; the epoch rises now and then.
inline std::vector<made_record> make_journal_records(std::uint64_t seed, std::size_t count) {
  event_maker maker{seed};
  event_encoder encoder;
  std::vector<made_record> out(count);
  std::uint64_t writer = 1;
  for (auto& made : out) {
    made.events = maker.make_batch(4, 2);
    encoder.encode(made.events.batch, made.events.decisions, made.payload);
    if (maker.draw(10) == 0) ++writer;
    made.writer = epoch{writer};
  }
  return out;
}

/// Reads on: the records must be those of `expected` from `next` on, up to its end or the
/// journal's. Returns how many have been read in all.
inline std::size_t check_records(journal_reader& reader, const std::vector<made_record>& expected,
                                 std::size_t next = 0) {
  event_decoder decoder;
  logged_events events;
  for (;; ++next) {
    auto record = reader.next();
    REQUIRE_MESSAGE(record, record.error().message);
    if (*record == nullptr) return next;
    REQUIRE(next < expected.size());
    CHECK((*record)->first == expected[next].events.batch.first_number);
    CHECK((*record)->writer == expected[next].writer);
    auto decoded = decoder.decode(**record, events);
    REQUIRE_MESSAGE(decoded, decoded.error().message);
    CHECK(is_same(events, expected[next].events));
  }
}

} // namespace tickmesh
