// gateway_venue: a broker outside as the sequencer sees it.
#include "actors/execution/gateways/gateway_venue.hpp"

#include <doctest/doctest.h>

namespace tickmesh::gateway_venue_test {

namespace {

order_request order_of(std::uint64_t id) {
  return {.id = order_id{id}, .direction = side::buy, .limit = price{1}, .volume = quantity{1}};
}

market_mark mark_of(std::uint32_t symbol, std::uint64_t number) {
  return {.symbol = symbol_id{symbol}, .number = sequence{number}};
}

venue_news event_of(broker_news news) {
  return broker_event{.news = news};
}

/// What the sequencer would be told, in short.
std::vector<std::string> take_all(gateway_venue& venue) {
  std::vector<std::string> out;
  while (venue.next_time()) {
    CHECK(venue.next_time() == timestamp::min());
    auto news = venue.take_next();
    REQUIRE(news);
    if (auto* event = std::get_if<broker_event>(&*news))
      out.emplace_back(broker_news_names[static_cast<std::size_t>(event->news)]);
    if (auto* report = std::get_if<execution_report>(&*news))
      out.push_back((report->refusal == refusal_cause::not_taken ? "not taken: " : "report: ") +
                    *report->text);
    if (std::holds_alternative<broker_snapshot>(*news)) out.emplace_back("snapshot");
  }
  return out;
}

/// A venue whose session is up.
void connect(gateway_venue& venue) {
  auto session = venue.begin_session();
  venue.take_news(session, 0, {event_of(broker_news::session_up)});
  take_all(venue);
  CHECK(venue.has_session());
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("a venue begins without a session, and says so") {
  gateway_venue venue;
  CHECK(venue.is_external());
  CHECK_FALSE(venue.has_session());
  CHECK_FALSE(venue.has_begun());
  CHECK(take_all(venue) == texts{"SESSION_DOWN"});
}

TEST_CASE("without a session an order is definitely not sent, and other requests are dropped") {
  gateway_venue venue;
  take_all(venue);
  venue.begin_session();
  venue.submit(order_of(1), {});
  venue.request_cancel({.order = order_id{1}}, {});
  venue.request_replace({.order = order_id{1}}, {});
  venue.query({.order = order_id{1}}, {});
  venue.probe({});
  venue.request_snapshot({});
  CHECK(take_all(venue) == texts{"not taken: no session"});
  CHECK(venue.take_work().empty());
  CHECK(venue.counts().orders_not_sent == 1);
  CHECK(venue.counts().requests_dropped == 5);
}

TEST_CASE("commands go out in their order, once, and are credit of the gateway until it has them") {
  gateway_venue venue{false, {.commands_max = 3}};
  connect(venue);
  for (std::uint64_t id = 1; id <= 3; ++id)
    venue.submit(order_of(id), {});
  auto work = venue.take_work();
  REQUIRE(work.commands.size() == 3);
  for (std::uint64_t id = 1; id <= 3; ++id)
    CHECK(std::get<order_request>(work.commands[id - 1]) == order_of(id));
  CHECK(venue.take_work().empty());
  venue.submit(order_of(4), {}); // the gateway has not said that it has the three
  CHECK(take_all(venue) == texts{"not taken: too many commands wait for the gateway"});
  for (std::uint64_t id = 1; id <= 4; ++id) // there is room for these
    venue.request_cancel({.order = order_id{id}}, {});
  CHECK(venue.take_work().commands.size() == 3);
  CHECK(venue.counts().requests_dropped == 1);
  venue.take_news(venue.session(), 2, {});
  venue.submit(order_of(5), {});
  CHECK(venue.take_work().commands.size() == 1);
  CHECK(venue.counts().orders_not_sent == 1);
}

TEST_CASE("news of another session than the present one is dropped") {
  gateway_venue venue;
  connect(venue);
  auto first = venue.session();
  venue.lose_session("its gateway crashed");
  CHECK(take_all(venue) == texts{"SESSION_DOWN"});
  venue.take_news(first, 0, {broker_snapshot{}});
  CHECK(take_all(venue) == texts{});
  auto second = venue.begin_session();
  CHECK(second > first);
  venue.take_news(first, 1, {event_of(broker_news::session_up), broker_snapshot{}});
  CHECK_FALSE(venue.has_session());
  venue.take_news(second, 0, {event_of(broker_news::session_up)});
  CHECK(venue.has_session());
  CHECK(take_all(venue) == texts{"SESSION_UP"});
  CHECK(venue.counts().news_lost == 3);
}

TEST_CASE("what was not handed over when the session ends was not sent") {
  gateway_venue venue;
  connect(venue);
  venue.submit(order_of(1), {});
  CHECK(venue.take_work().commands.size() == 1); // its fate is not known
  venue.submit(order_of(2), {});
  venue.query({.order = order_id{1}}, {});
  SUBCASE("by the broker") {
    venue.take_news(venue.session(), 0, {event_of(broker_news::session_down)});
    CHECK(venue.has_begun());
  }
  SUBCASE("with the gateway") {
    venue.lose_session("gone");
    CHECK_FALSE(venue.has_begun());
  }
  CHECK(take_all(venue) == texts{"not taken: no session", "SESSION_DOWN"});
  CHECK(venue.take_work().empty());
}

TEST_CASE("credit of a session that has ended does not count in the next") {
  gateway_venue venue{true, {.commands_max = 1}};
  connect(venue);
  venue.submit(order_of(1), {});
  venue.on_mark(mark_of(0, 1));
  CHECK(venue.take_work().commands.size() == 1);
  venue.take_news(venue.session(), 0, {event_of(broker_news::session_down)});
  connect(venue);
  venue.submit(order_of(2), {});
  venue.on_mark(mark_of(0, 2));
  auto work = venue.take_work();
  CHECK(work.commands.size() == 1);
  CHECK(work.marks.size() == 1);
}

TEST_CASE("more news than the limit ends the session, and what follows is lost until the next") {
  gateway_venue venue{false, {.news_max = 4}};
  connect(venue);
  venue.take_news(venue.session(), 0, std::vector<venue_news>(7, broker_snapshot{}));
  CHECK_FALSE(venue.has_session());
  CHECK_FALSE(venue.has_begun());
  venue.take_news(venue.session(), 0, {broker_snapshot{}});
  CHECK(venue.counts().news_lost == 4);
  CHECK(take_all(venue) == texts{"snapshot", "snapshot", "snapshot", "snapshot", "SESSION_DOWN"});
  connect(venue);
}

TEST_CASE(
    "marks go one lot at a time, and beyond the limit the last of each symbol stands for all") {
  gateway_venue venue{true, {.marks_max = 10}};
  connect(venue);
  venue.on_mark(mark_of(0, 1));
  CHECK(venue.take_work().marks.size() == 1);
  for (std::uint64_t n = 2; n <= 1'001; ++n)
    venue.on_mark(mark_of(static_cast<std::uint32_t>(n % 3), n));
  auto trade = mark_of(0, 2'000);
  trade.has_book = false;
  venue.on_mark(trade);
  CHECK(venue.take_work().empty()); // the gateway has the first lot still
  venue.take_news(venue.session(), 1, {});
  auto marks = venue.take_work().marks;
  CHECK(marks.size() <= 10);
  CHECK(marks.size() + venue.counts().marks_merged == 1'000);
  for (std::uint32_t symbol = 0; symbol < 3; ++symbol) {
    std::uint64_t last = 0;
    for (auto& mark : marks)
      if (mark.symbol.value == symbol) last = mark.number.value;
    CHECK(last >= 999);
    CHECK(last % 3 == symbol);
  }
  gateway_venue other;
  connect(other);
  other.on_mark(mark_of(0, 1));
  CHECK(other.take_work().empty());
}

} // namespace tickmesh::gateway_venue_test
