// Brokers outside: sessions, work and news.
#include "actors/execution/slot/gateway_desk.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tickmesh::gateway_desk_test {

namespace {

using texts = std::vector<std::string>;
constexpr broker_id outside{0};
constexpr broker_id inside{1};

/// One broker outside, behind a gateway, and one that takes all in this process.
struct bench {
  bench() {
    settings.sequencer = input_order::arrival;
    settings.brokers = {{.name = "far", .cancel_on_disconnect = true},
                        {.name = "near", .kind = broker_kind::accept}};
    settings.primary_broker = "far";
    settings.backup_broker = "near";
    sequencer.emplace(settings);
    desk.connect(settings, *sequencer);
  }

  texts hand_over() {
    texts out;
    desk.hand_over(
        [&](const auto& wish) {
          out.push_back(wish.gateway + " opens " + std::to_string(wish.session));
        },
        [&](const std::string& gateway, std::uint64_t session, gateway_venue::work work) {
          out.push_back(gateway + " gets " + std::to_string(work.commands.size()) + " in " +
                        std::to_string(session));
        });
    return out;
  }
  bool say(broker_id broker, std::uint64_t session, broker_news news) {
    return desk.take_news("exec/0", broker, session, 0,
                          {broker_event{.broker = broker, .news = news}});
  }
  /// Takes what the sequencer has; how many events.
  int take_events() {
    int out = 0;
    for (; sequencer->next(); ++out)
      sequencer->execute({}, from_ns(1));
    return out;
  }
  void send_order() {
    order_request order{.id = order_id{7},
                        .direction = side::buy,
                        .limit = price{1},
                        .volume = quantity{1},
                        .broker = outside};
    sequencer->post_clock(from_ns(1'000)); // an event that it follows from
    REQUIRE(sequencer->next().has_value());
    sequencer->execute({order}, sequencer->last_time());
  }

  execution_settings settings;
  std::optional<event_sequencer> sequencer;
  gateway_desk<std::string> desk;
};

} // namespace

TEST_CASE("only brokers outside have a gateway") {
  bench b;
  CHECK_FALSE(b.desk.empty());
  auto brokers = b.desk.brokers();
  REQUIRE(brokers.size() == 1);
  CHECK(brokers.at(outside).name == "far");
  gateway_desk<std::string> none;
  b.settings.sequencer = input_order::event_time;
  event_sequencer sequencer{b.settings};
  none.connect(b.settings, sequencer);
  CHECK(none.empty());
}

TEST_CASE("a gateway that runs is asked for a session, and gets work in it") {
  bench b;
  CHECK(b.hand_over() == texts{}); // it does not run
  auto wish = b.desk.start(outside, "gate", false);
  CHECK(wish.gateway == "gate");
  CHECK(wish.session == 1);
  CHECK(wish.cancel_on_disconnect);
  CHECK(b.say(outside, 1, broker_news::session_up));
  b.take_events();
  b.send_order();
  CHECK(b.hand_over() == texts{"gate gets 1 in 1"});
  CHECK(b.hand_over() == texts{});
}

TEST_CASE("a gateway that crashed begins a session of another number") {
  bench b;
  b.desk.start(outside, "gate", false);
  CHECK(b.say(outside, 1, broker_news::session_up));
  b.take_events();
  auto wish = b.desk.start(outside, "another", true);
  CHECK(wish.gateway == "another");
  CHECK(wish.session == 2);
  CHECK(b.take_events() >= 1); // SESSION_DOWN
}

TEST_CASE("a session that was lost in here begins anew once its news has been taken") {
  bench b;
  b.desk.start(outside, "gate", false);
  CHECK(b.say(outside, 1, broker_news::session_up));
  b.take_events();
  std::vector<venue_news> flood(gateway_limits{}.news_max + 1,
                                broker_event{.news = broker_news::probe_answered});
  CHECK(b.desk.take_news("exec/0", outside, 1, 0, flood));
  CHECK(b.hand_over() == texts{});
  CHECK(b.take_events() >= 1);
  CHECK(b.hand_over() == texts{"gate opens 2"});
  std::map<std::string, std::uint64_t> counts;
  b.desk.count(counts);
  CHECK(counts.at("gateway/far/news_lost") >= 1);
  CHECK(counts.at("gateway/far/orders_not_sent") == 0);
  CHECK(counts.at("gateway/far/requests_dropped") == 0);
  CHECK(counts.at("gateway/far/marks_merged") == 0);
}

TEST_CASE("news of a broker that has no gateway is none") {
  bench b;
  CHECK_FALSE(b.say(inside, 1, broker_news::session_up));
  CHECK_FALSE(b.say(broker_id{9}, 1, broker_news::session_up));
}

TEST_CASE("an order that is not sent is counted in the broker's name") {
  bench b;
  b.take_events();
  b.send_order(); // without a session
  std::map<std::string, std::uint64_t> counts;
  b.desk.count(counts);
  CHECK(counts.at("gateway/far/orders_not_sent") == 1);
}

} // namespace tickmesh::gateway_desk_test
