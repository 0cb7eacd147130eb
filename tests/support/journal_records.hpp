// Random events and decisions for tests of the journal, and records of them.
#pragma once

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal.hpp"
#include "actors/execution/journal/journal_reader.hpp"
#include "tests/support/log_files.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Makes events whose every field is random, extremes included. Times rise.
class event_maker {
public:
  explicit event_maker(std::uint64_t seed) : random_(seed) {}

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

  market_mark make_mark() {
    market_mark m;
    m.symbol = symbol_id{static_cast<std::uint32_t>(number())};
    m.trading_day = static_cast<std::int32_t>(number());
    m.data_epoch = epoch{unsigned_number()};
    m.number = sequence{unsigned_number()};
    m.effective_time = from_ns(number());
    m.last = price{number()};
    m.bid = price{number()};
    m.bid_volume = quantity{number()};
    m.ask = price{number()};
    m.ask_volume = quantity{number()};
    m.has_book = draw(2) == 0;
    return m;
  }

  signal make_signal() {
    signal s;
    s.name = {symbol_id{static_cast<std::uint32_t>(number())},
              strategy_id{static_cast<std::uint16_t>(number())},
              static_cast<std::uint32_t>(number()),
              epoch{unsigned_number()},
              sequence{unsigned_number()},
              from_ns(number())};
    s.effective_time = from_ns(number());
    s.direction = static_cast<std::int8_t>(number());
    s.volume = quantity{number()};
    s.limit = price{number()};
    s.last = price{number()};
    s.bid = price{number()};
    s.ask = price{number()};
    s.ingest_ns = number();
    s.sent_ns = number();
    return s;
  }

  execution_report make_report() {
    execution_report r;
    r.id = {order_id{unsigned_number()}, static_cast<std::uint32_t>(number())};
    r.order = order_id{unsigned_number()};
    r.kind = static_cast<report_kind>(draw(7));
    r.status = static_cast<order_status>(draw(order_status_names.size()));
    r.last_price = price{number()};
    r.last_quantity = quantity{number()};
    r.cumulative = quantity{number()};
    r.time = from_ns(number());
    for (auto length = draw(3) == 0 ? draw(40) : 0; length > 0; --length)
      r.text += static_cast<char>(draw(256));
    return r;
  }

  timer_due make_timer() {
    return {from_ns(number()), order_id{unsigned_number()}, static_cast<timer_purpose>(draw(4)),
            static_cast<std::uint32_t>(number())};
  }

  venue_command make_command() {
    auto id = order_id{unsigned_number()};
    switch (draw(4)) {
    case 0:
      return order_request{id,
                           symbol_id{static_cast<std::uint32_t>(number())},
                           strategy_id{static_cast<std::uint16_t>(number())},
                           static_cast<side>(draw(3)),
                           price{number()},
                           quantity{number()}};
    case 1: return cancel_request{id};
    case 2: return status_query{id};
    default: return timer_request{make_timer()};
    }
  }

  order_verdict make_verdict() {
    auto wide = [this] { return static_cast<int128>(number()) * number() + number(); };
    order_verdict v{order_id{unsigned_number()},
                    {static_cast<verdict>(draw(verdict_names.size())), wide(), wide()}};
    if (draw(8) == 0) v.risk.usage = usage_overflow;
    return v;
  }

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
      sequenced_event event{.number = next_ + before + i, .time = time_, .what = make_timer()};
      if (draw(3) == 0) event.what = make_signal();
      if (draw(3) == 0) event.what = make_report();
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
  std::mt19937_64 random_;
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
