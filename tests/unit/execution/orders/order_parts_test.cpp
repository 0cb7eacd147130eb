// What an order says that it closes and opens, by what is held and what other orders close already.
#include "actors/execution/journal/event_codec.hpp"
#include "tests/support/doubt_desk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::order_parts_test {

namespace {

using namespace risk_desk;
using st = order_status;
using kind = report_kind;

constexpr order_split parts(std::int64_t today, std::int64_t yesterday, std::int64_t open) {
  return {.close_today = lots(today), .close_yesterday = lots(yesterday), .open = lots(open)};
}

trading_universe universe_of(position_model model, bool names_day = true) {
  auto u = universe();
  u.instruments[0]->positions = model;
  u.instruments[0]->close_today = names_day;
  u.instruments[0]->sessions.clear();
  return u;
}

struct parts_desk : desk {
  explicit parts_desk(position_model model = position_model::yesterday_first, bool names_day = true)
      : desk(settings_of(), universe_of(model, names_day)) {
    mark(ms(0), 0, at(100));
  }
  static execution_settings settings_of() {
    auto s = open_settings();
    s.order_lifetime = {};
    return s;
  }
  order_request order(int direction, std::int64_t volume, std::uint16_t strategy = 0) {
    REQUIRE(ask(now + std::chrono::milliseconds{1},
                {.direction = direction, .volume = volume, .strategy = strategy}) ==
            verdict::approved);
    return sent.back();
  }
  void buy(std::int64_t volume) { fill_all(now, order(1, volume)); }
  void next_day() {
    mark(now + std::chrono::milliseconds{1}, 0, at(100), no_price, no_price, first_day + 1);
  }
};

} // namespace

TEST_CASE("an order closes what is held, yesterday's or today's first, and opens the rest") {
  for (auto model : {position_model::yesterday_first, position_model::today_first}) {
    parts_desk d{model};
    d.buy(6);
    CHECK(d.sent.back().parts == parts(0, 0, 6));
    d.next_day();
    d.buy(3);
    bool is_today_first = model == position_model::today_first;
    auto five = d.order(-1, 5);
    CHECK(five.parts == (is_today_first ? parts(3, 2, 0) : parts(0, 5, 0)));
    CHECK(d.order(-1, 10).parts == (is_today_first ? parts(0, 4, 6) : parts(3, 1, 6)));
  }
}

TEST_CASE("nothing is said where the position is one, and no day where orders name none") {
  parts_desk net{position_model::net};
  net.buy(6);
  CHECK(net.order(-1, 10).parts == order_split{});
  parts_desk d{position_model::today_first, false};
  d.buy(6);
  CHECK(d.order(-1, 4).parts == parts(0, 4, 0));
  CHECK(d.order(-1, 4).parts == parts(0, 2, 2));
}

TEST_CASE("of two sells of all that is held the second one opens, whatever became of the first") {
  parts_desk d;
  d.buy(10);
  auto first = d.order(-1, 10);
  CHECK(first.parts == parts(10, 0, 0));
  CHECK(d.order(-1, 10).parts == parts(0, 0, 10));
  SUBCASE("it ends") {
    d.report(d.now, first, kind::canceled, st::canceled);
    CHECK(d.order(-1, 10).parts == parts(10, 0, 0));
  }
  SUBCASE("it is filled in part, and then ends") {
    d.report(d.now, first, kind::fill, st::partially_filled, 4, 4, at(100));
    CHECK(d.order(-1, 1).parts == parts(0, 0, 1));
    d.report(d.now, first, kind::canceled, st::canceled, 0, 4);
    CHECK(d.order(-1, 10).parts == parts(6, 0, 4));
  }
  SUBCASE("it is in doubt") {
    auto timer = d.last_timer(timer_purpose::order_answer);
    timer.order = first.id;
    d.apply(timer.due, timer);
    REQUIRE(d.status_of(first.id) == st::in_doubt);
    CHECK(d.order(-1, 1).parts == parts(0, 0, 1));
  }
  SUBCASE("it is refused by one broker, and goes to the next as it was") {
    auto refused = execution_report{.id = {first.id, 1},
                                    .order = first.id,
                                    .kind = kind::rejected,
                                    .status = st::rejected,
                                    .refusal = refusal_cause::not_taken};
    d.apply(d.now, refused);
    CHECK(d.sent.back().id == first.id);
    CHECK(d.sent.back().parts == first.parts);
    CHECK(d.order(-1, 1).parts == parts(0, 0, 1));
  }
}

TEST_CASE("what opens reserves nothing, nor do other strategies, symbols and sides") {
  parts_desk d;
  auto resting = d.order(-1, 5); // opens: nothing is held
  CHECK(resting.parts == parts(0, 0, 5));
  d.buy(10);
  CHECK(d.order(-1, 10).parts == parts(10, 0, 0));
  CHECK(d.order(1, 3).parts == parts(0, 0, 3));
  CHECK(d.order(-1, 2, 1).parts == parts(0, 0, 2));
}

TEST_CASE("requests on an order bring its parts along, and the journal keeps them") {
  parts_desk d;
  d.buy(10);
  auto order = d.order(-1, 12);
  d.report(d.now, order, kind::accepted, st::accepted);
  REQUIRE(d.command(d.now, operator_cancel{order.id}).is_done);
  event_batch batch;
  batch.first_number = 1;
  batch.others.push_back({0, {1, d.now, clock_mark{}}});
  batch_decisions decided;
  for (auto& command : d.out)
    decided.commands.push_back({0, command});
  auto* cancel = std::get_if<cancel_request>(&d.out.front());
  REQUIRE(cancel != nullptr);
  CHECK(cancel->names == order_names{order.reference, {}, parts(10, 0, 2)});
  event_encoder encoder;
  std::string payload;
  encoder.encode(batch, decided, payload);
  logged_events read;
  event_decoder decoder;
  REQUIRE(decoder.decode({.first = 1, .events = 1, .payload = payload}, read));
  CHECK(read.decisions.commands == decided.commands);
}

} // namespace tickmesh::order_parts_test
