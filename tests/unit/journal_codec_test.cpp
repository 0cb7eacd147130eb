// Events and decisions to and from the payload of a journal record.
#include "messages/proto/journal.pb.h"
#include "tests/support/journal_records.hpp"

namespace tickmesh {

namespace {

journal_record record_of(const logged_events& events, const std::string& payload) {
  return {.first = events.batch.first_number,
          .events = static_cast<std::uint32_t>(events.batch.size()),
          .writer = epoch{1},
          .payload = payload};
}

/// The fault of decoding it.
std::string fault_of(const journal_record& record) {
  event_decoder decoder;
  logged_events events;
  auto done = decoder.decode(record, events);
  return done ? "" : done.error().message;
}

} // namespace

TEST_CASE("random events and decisions come back in every field") {
  event_maker maker{1};
  event_encoder encoder;
  event_decoder decoder;
  std::string payload;
  logged_events back;
  for (int i = 0; i < 20'000; ++i) {
    auto events = i % 500 == 0 ? maker.make_batch(3000, 50) : maker.make_batch();
    encoder.encode(events.batch, events.decisions, payload);
    auto done = decoder.decode(record_of(events, payload), back);
    REQUIRE_MESSAGE(done, done.error().message);
    REQUIRE(is_same(events, back));
  }
}

TEST_CASE("an event carries the wide numbers of its verdict exactly") {
  event_encoder encoder;
  event_decoder decoder;
  for (int128 usage : {int128{0}, int128{-1}, int128{INT64_MAX} + 1, usage_overflow,
                       -usage_overflow - 1, int128{1} << 64, -(int128{1} << 64)}) {
    logged_events events, back;
    events.batch.first_number = 7;
    events.batch.others.push_back({0, {.number = 7, .time = {}, .what = signal{}}});
    events.decisions.verdicts.push_back(
        {0, {order_id{1}, {verdict::order_value_exceeded, usage, -usage - 1}}});
    std::string payload;
    encoder.encode(events.batch, events.decisions, payload);
    REQUIRE(decoder.decode(record_of(events, payload), back));
    CHECK(is_same(events, back));
  }
}

TEST_CASE("fields that a newer version adds are passed over, but not a kind of event") {
  event_maker maker{2};
  auto events = maker.make_batch(5, 3);
  event_encoder encoder;
  std::string payload;
  encoder.encode(events.batch, events.decisions, payload);
  auto with_field = payload + "\xa2\x06\x03new"; // field 100, bytes
  event_decoder decoder;
  logged_events back;
  REQUIRE(decoder.decode(record_of(events, with_field), back));
  CHECK(is_same(events, back));

  wire::JournalPayload unknown;
  unknown.add_events()->set_time_ns(1);
  auto bytes = unknown.SerializeAsString();
  CHECK(fault_of({.first = 5, .events = 1, .payload = bytes})
            .find("events 5 to 5: an event of an unknown kind") != std::string::npos);
  auto newer = record_of(events, payload);
  newer.version = journal_version + 1;
  CHECK(fault_of(newer).find("use the program that wrote them") != std::string::npos);
}

TEST_CASE("payloads that do not fit their record are refused") {
  event_maker maker{3};
  auto events = maker.make_batch(8, 4);
  event_encoder encoder;
  std::string payload;
  encoder.encode(events.batch, events.decisions, payload);
  auto good = record_of(events, payload);
  CHECK(fault_of(good).empty());
  auto more = good;
  ++more.events;
  CHECK(!fault_of(more).empty());
  auto fewer = good;
  --fewer.events;
  CHECK(!fault_of(fewer).empty());
  for (std::size_t size = 0; size < payload.size(); ++size) {
    CAPTURE(size);
    auto cut = good;
    cut.payload = std::string_view{payload}.substr(0, size);
    CHECK(!fault_of(cut).empty());
  }
}

TEST_CASE("random bytes and flipped bits in a payload never do more than fail") {
  event_maker maker{4};
  event_encoder encoder;
  event_decoder decoder;
  std::string payload;
  logged_events back;
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto events = maker.make_batch();
    encoder.encode(events.batch, events.decisions, payload);
    for (auto flips = 1 + maker.draw(4); flips > 0; --flips) {
      auto& byte = payload[maker.draw(payload.size())];
      byte = static_cast<char>(byte ^ (1 << maker.draw(8)));
    }
    if (i % 4 == 0)
      for (auto& byte : payload)
        byte = static_cast<char>(maker.draw(256));
    refused += decoder.decode(record_of(events, payload), back) ? 0 : 1;
  }
  CHECK(refused > 5000);
}

TEST_CASE("marks that move by price ticks take few bytes") {
  event_maker maker{5};
  event_batch batch;
  batch.first_number = 1;
  std::vector<std::uint64_t> numbers(50, 1000);
  for (int i = 0; i < 1024; ++i) {
    market_mark m;
    m.symbol = symbol_id{static_cast<std::uint32_t>(maker.draw(50))};
    m.trading_day = 20181008;
    m.number = sequence{++numbers[m.symbol.value]};
    m.effective_time = from_ns(1'538'960'400'000'000'000 + i * 50'000);
    m.last = price{static_cast<std::int64_t>(3500 + maker.draw(200)) * decimal_scale};
    m.bid = m.last - price{decimal_scale};
    m.bid_volume = quantity{static_cast<std::int64_t>(maker.draw(200)) * decimal_scale};
    m.ask = m.last + price{decimal_scale};
    m.ask_volume = quantity{static_cast<std::int64_t>(maker.draw(200)) * decimal_scale};
    batch.marks.push_back(m);
  }
  event_encoder encoder;
  std::string payload;
  encoder.encode(batch, {}, payload);
  CHECK(payload.size() < 14 * 1024);
}

} // namespace tickmesh
