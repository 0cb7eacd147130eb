// The simulated broker outside of the event log: sessions that come and go, and an execution slot
// that trades through it.
#include "actors/execution/gateways/sim_gateway_actor.hpp"
#include "tests/support/exec_bench.hpp"

#include <doctest/doctest.h>

#include <variant>

namespace tickmesh::sim_gateway_test {

namespace {

struct say_to_gateway {
  broker_gateway_actor gateway;
  std::variant<open_session, gateway_work> what;
};

} // namespace

} // namespace tickmesh::sim_gateway_test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::sim_gateway_test::say_to_gateway)

namespace tickmesh::sim_gateway_test {

using namespace exec_benches;

namespace {

using received_news = std::vector<gateway_news>;

/// Stands for a slot.
caf::behavior slot_of_gateway(caf::event_based_actor* self,
                              std::shared_ptr<received_news> received) {
  return {
      [self](const say_to_gateway& word) {
        std::visit([self, &word](auto& what) { self->send(word.gateway, what); }, word.what);
      },
      [received](const gateway_news& news) { received->push_back(news); },
  };
}

/// A paper broker and the slots that come to it, one after the other.
class gateway_bench {
public:
  gateway_bench() : slot_(fixture.spawn(slot_of_gateway, received)) {
    broker_settings settings{.name = "ctp", .sim = {.reject_share = 0, .lost_ack_share = 0}};
    broker = spawn_paper_broker(fixture.system(), settings);
  }
  ~gateway_bench() { caf::anon_send_exit(broker, caf::exit_reason::user_shutdown); }

  broker_gateway_actor connect(std::uint64_t session, bool cancel_on_disconnect) {
    auto gateway = std::make_shared<broker_gateway_actor>();
    fixture.spawn([this, gateway](caf::event_based_actor* parent) {
      *gateway =
          make_sim_gateways({{"ctp", broker}})(parent, {.broker = {}, .settings = {.name = "ctp"}});
    });
    fixture.run();
    tell(*gateway, open_session{session, cancel_on_disconnect});
    return *gateway;
  }
  void tell(const broker_gateway_actor& gateway, std::variant<open_session, gateway_work> what) {
    caf::anon_send(slot_, say_to_gateway{gateway, std::move(what)});
    fixture.pass(std::chrono::milliseconds{20});
  }
  void disconnect(const broker_gateway_actor& gateway) {
    caf::anon_send_exit(gateway, caf::exit_reason::user_shutdown);
    fixture.pass(std::chrono::milliseconds{20});
  }
  /// Reports and snapshots since the last call.
  std::vector<venue_news> take_news() {
    std::vector<venue_news> out;
    for (auto& lot : std::exchange(*received, {}))
      out.insert(out.end(), lot.news.begin(), lot.news.end());
    return out;
  }

  actor_system_fixture fixture;
  std::shared_ptr<received_news> received = std::make_shared<received_news>();
  paper_broker_actor broker;

private:
  caf::actor slot_;
};

order_request resting_order() {
  return {.id = order_id{7},
          .direction = side::buy,
          .limit = price{10 * decimal_scale},
          .volume = quantity{decimal_scale}};
}

} // namespace

TEST_CASE("a paper broker keeps its orders over sessions, or cancels them where it was asked to") {
  for (bool cancels : {false, true}) {
    CAPTURE(cancels);
    gateway_bench bench;
    auto first = bench.connect(1, cancels);
    REQUIRE(bench.received->size() == 1);
    CHECK(std::get<broker_event>(bench.take_news()[0]).news == broker_news::session_up);
    bench.tell(first, gateway_work{1, {resting_order()}, {}});
    auto news = bench.take_news();
    REQUIRE(news.size() == 1);
    CHECK(std::get<execution_report>(news[0]).kind == report_kind::accepted);
    bench.disconnect(first);
    CHECK(bench.take_news().empty());
    auto second = bench.connect(2, cancels);
    bench.tell(second, gateway_work{2, {snapshot_request{}, status_query{order_id{7}, {}}}, {}});
    news = bench.take_news();
    REQUIRE(news.size() == 3);
    CHECK(std::get<broker_snapshot>(news[1]).orders.size() == (cancels ? 0 : 1));
    CHECK(std::get<execution_report>(news[2]).status ==
          (cancels ? order_status::canceled : order_status::accepted));
    bench.tell(second, gateway_work{1, {snapshot_request{}}, {}}); // of the session before
    CHECK(bench.take_news().empty());
    bench.disconnect(second);
  }
}

TEST_CASE("an exec slot trades with simulated brokers outside, and every order comes to its end") {
  for_each_seed(5, [](std::uint64_t seed) {
    auto settings = exec_settings();
    settings.sequencer = input_order::arrival;
    settings.limits.signal_age_max = std::nullopt;
    settings.clock_interval = std::chrono::milliseconds{5};
    settings.reconcile_interval = std::chrono::hours{24}; // is not waited for at the end
    auto brokers = std::make_shared<std::map<std::string, paper_broker_actor>>();
    auto end_brokers = [&] {
      for (auto& [id, broker] : *brokers)
        caf::anon_send_exit(broker, caf::exit_reason::user_shutdown);
    };
    exec_bench bench{seed,
                     nullptr,
                     settings,
                     {},
                     {},
                     [brokers](caf::event_based_actor* parent, const gateway_options& options) {
                       auto& broker = (*brokers)[options.settings.name];
                       broker = spawn_paper_broker(parent->system(), options.settings);
                       return make_sim_gateways(*brokers)(parent, options);
                     }};
    CHECK(brokers->size() == 2);
    bench.fixture.let_time_pass_while_working(2, std::chrono::milliseconds{1});
    bench.feed_all();
    bool has_ended = bench.fixture.run_until([&] { return !bench.events->finished.empty(); },
                                             std::chrono::seconds{30});
    end_brokers();
    for (auto& failure : bench.events->failures)
      FAIL_CHECK(failure);
    REQUIRE(has_ended);
    auto& counts = bench.events->finished[0].counts;
    CHECK(counts.at(fills_count) >= 10);
    CHECK(counts.at(marks_in_count) == exec_market().size());
    std::uint64_t ended = 0;
    for (auto status : {"Filled", "Canceled", "Rejected", "Expired"})
      ended += counts.at(std::string{"status/"} + status);
    CHECK(ended == exec_signals().size());
  });
}

} // namespace tickmesh::sim_gateway_test
