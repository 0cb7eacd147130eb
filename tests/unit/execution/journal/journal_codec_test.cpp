// Events and decisions to and from the payload of a journal record.
#include "messages/enumerators.hpp"
#include "messages/proto/journal.pb.h"
#include "tests/support/journal_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tickmesh::journal_codec_test {

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

/// The fault of decoding `event` alone.
std::string fault_of(const wire::JournalEvent& event) {
  wire::JournalPayload payload;
  *payload.add_events() = event;
  auto bytes = payload.SerializeAsString();
  return fault_of({.first = 1, .events = 1, .payload = bytes});
}

std::string from_hexadecimal(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16));
  return out;
}

/// A timer with a command that is for the test to fill.
struct event_with_command {
  wire::JournalEvent event;
  wire::JournalCommand* command;
  event_with_command() : command(event.add_commands()) { event.mutable_timer(); }
};

// The names of an enum are as many as its values, so that to_string never reads past them.
static_assert(enumerator_count<verdict> == verdict_names.size());
static_assert(enumerator_count<order_status> == order_status_names.size());
static_assert(enumerator_count<time_in_force> == time_in_force_names.size());
static_assert(enumerator_count<broker_news> == broker_news_names.size());
static_assert(enumerator_count<timer_purpose> == timer_purpose_count);
static_assert(enumerator_count<trading_mode> == trading_mode_names.size());
static_assert(enumerator_count<side> == 3); // none, buy, sell

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

TEST_CASE("every kind of event and command, and every value of their enums, is drawn") {
  event_maker maker{6};
  std::array<std::size_t, std::variant_size_v<decltype(sequenced_event::what)>> events{};
  std::array<std::size_t, std::variant_size_v<venue_command>> commands{};
  std::array<std::size_t, enumerator_count<report_kind>> reports{};
  std::array<std::size_t, enumerator_count<timer_purpose>> timers{};
  std::array<std::size_t, enumerator_count<verdict>> verdicts{};
  auto count = [](auto& counts, auto value) { ++counts[static_cast<std::size_t>(value)]; };
  for (int i = 0; i < 2000; ++i) {
    auto [batch, decisions] = maker.make_batch();
    events[0] += batch.marks.size();
    for (auto& [marks_before, event] : batch.others) {
      ++events[event.what.index()];
      if (auto* report = std::get_if<execution_report>(&event.what)) count(reports, report->kind);
      if (auto* timer = std::get_if<timer_due>(&event.what)) count(timers, timer->purpose);
    }
    for (auto& placed : decisions.commands)
      ++commands[placed.command.index()];
    for (auto& placed : decisions.verdicts)
      count(verdicts, placed.verdict.risk.outcome);
  }
  auto least = [](auto& counts) { return *std::min_element(counts.begin(), counts.end()); };
  CHECK(least(events) > 500);
  CHECK(least(commands) > 500);
  CHECK(least(reports) > 20);
  CHECK(least(timers) > 20);
  CHECK(least(verdicts) > 20);
}

TEST_CASE("the schema has one member for each kind of event and command") {
  auto members = [](const google::protobuf::Descriptor* message) {
    return static_cast<std::size_t>(message->FindOneofByName("what")->field_count());
  };
  // All but marks, which are in columns.
  CHECK(members(wire::JournalEvent::descriptor()) + 1 ==
        std::variant_size_v<decltype(sequenced_event::what)>);
  CHECK(members(wire::JournalCommand::descriptor()) == std::variant_size_v<venue_command>);
}

TEST_CASE("values that an enum or a number does not have are refused by name") {
  auto refused = [](const wire::JournalEvent& event, const std::string& why) {
    CAPTURE(why);
    CHECK(fault_of(event) == "events 1 to 1: " + why);
  };
  auto newer = [&refused](const wire::JournalEvent& event, std::size_t value, const char* what) {
    refused(event, fmt::format("{} is no {}; a newer version may have written it", value, what));
  };
  // The first value that the enum does not have.
  auto past = []<class Enum>(Enum) { return static_cast<std::uint32_t>(enumerator_count<Enum>); };
  wire::JournalEvent event;
  event.mutable_report()->set_kind(past(report_kind{}));
  newer(event, past(report_kind{}), "kind of report");
  event.mutable_report()->set_kind(0);
  event.mutable_report()->set_status(past(order_status{}));
  newer(event, past(order_status{}), "order status");
  event.mutable_report()->set_status(0);
  event.mutable_report()->set_broker(256);
  refused(event, "256 is no broker; at most 255");
  event.mutable_timer()->set_purpose(past(timer_purpose{}));
  newer(event, past(timer_purpose{}), "purpose of a timer");
  event.mutable_broker()->set_news(past(broker_news{}));
  newer(event, past(broker_news{}), "news of a broker");
  event.mutable_snapshot()->set_broker(256);
  refused(event, "256 is no broker; at most 255");
  event.mutable_recovered()->add_external(256);
  refused(event, "256 is no broker; at most 255");
  event.mutable_recovered()->Clear();
  CHECK(fault_of(event).empty());
  event.add_verdicts()->set_outcome(past(verdict{}));
  newer(event, past(verdict{}), "verdict");
  event.mutable_verdicts(0)->set_outcome(0);
  event.mutable_verdicts(0)->set_scope(65536);
  refused(event, "65536 is no scope of a limit; at most 65535");

  event_with_command with;
  auto& order = *with.command->mutable_order();
  CHECK(fault_of(with.event).empty());
  order.set_direction(past(side{}));
  newer(with.event, past(side{}), "side");
  order.set_direction(0);
  order.set_lifetime(past(time_in_force{}));
  newer(with.event, past(time_in_force{}), "time in force");
  order.set_lifetime(0);
  order.set_type(past(order_type{}));
  newer(with.event, past(order_type{}), "order type");
  order.set_type(0);
  order.set_strategy(65536);
  refused(with.event, "65536 is no strategy; at most 65535");
  with.command->set_broker(256);
  with.command->mutable_probe();
  refused(with.event, "256 is no broker; at most 255");
  with.command->clear_what();
  refused(with.event, "a command of an unknown kind; a newer version may have written it");
}

TEST_CASE("what was written before orders had a broker and a lifetime still reads") {
  // JournalPayload of version 1 as it first was.
  auto payload = from_hexadecimal(
      "1aa9011100a0647d547c5b151a1709ff0000000000000010061880cee4cd0228808c8d9e02221d0a"
      "1b09ff000000000000001007180220012880d880ed970a3080c2d72f220911fe0000000000000022"
      "0919fd000000000000002218221609006affb8547c5b1511ff0000000000000018032001323609ff"
      "0000000000000011ff000000000000001802200228023080d880ed970a3880c2d72f4080c2d72f49"
      "01a0647d547c5b1552026f6b");
  event_decoder decoder;
  logged_events back;
  auto done = decoder.decode({.first = 9, .events = 1, .payload = payload}, back);
  REQUIRE_MESSAGE(done, done.error().message);
  auto at = from_ns(1'538'960'400'000'000'000);
  auto id = order_id{255};
  auto at_price = price{3500 * decimal_scale};
  auto one = quantity{decimal_scale};
  logged_events expected;
  expected.batch.first_number = 9;
  execution_report fill{.id = {id, 2},
                        .order = id,
                        .kind = report_kind::fill,
                        .status = order_status::partially_filled,
                        .last_price = at_price,
                        .last_quantity = one,
                        .cumulative = one,
                        .time = at + nanoseconds{1},
                        .text = "ok"};
  expected.batch.others.push_back({0, {.number = 9, .time = at, .what = fill}});
  expected.decisions.verdicts.push_back(
      {0, {id, {verdict::order_count_exceeded, 7 * decimal_scale, 6 * decimal_scale}}});
  order_request order{.id = id,
                      .symbol = symbol_id{7},
                      .strategy = strategy_id{2},
                      .direction = side::buy,
                      .limit = at_price,
                      .volume = one,
                      .lifetime = time_in_force::good_till_cancel};
  timer_due timer{at + nanoseconds{1'000'000'000}, id, timer_purpose::order_lifetime, 1};
  expected.decisions.commands = {{0, order},
                                 {0, cancel_request{order_id{254}}},
                                 {0, status_query{order_id{253}}},
                                 {0, timer_request{timer}}};
  CHECK(is_same(back, expected));
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
        {0, {order_id{1}, {verdict::order_value_exceeded, usage, ~usage}}});
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

TEST_CASE("a record with marks twice, or behind its events, is refused") {
  event_maker maker{5};
  logged_events events;
  events.batch.first_number = 1;
  events.batch.marks = {maker.make_mark(), maker.make_mark()};
  events.batch.others = {{2, {.number = 3, .time = from_ns(1), .what = clock_mark{}}}};
  auto one_mark = events;
  one_mark.batch.others.clear();
  one_mark.batch.marks.pop_back();
  event_encoder encoder;
  std::string payload, more;
  encoder.encode(events.batch, {}, payload);
  encoder.encode(one_mark.batch, {}, more);
  auto good = record_of(events, payload);
  CHECK(fault_of(good).empty());
  auto both = payload + more;
  good.payload = both;
  good.events = 2; // one mark, and the event that stands behind two
  CHECK(!fault_of(good).empty());
  auto twice = more + more;
  good.payload = twice;
  good.events = 1;
  CHECK(!fault_of(good).empty());
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

} // namespace tickmesh::journal_codec_test
