// How far the sessions with brokers outside have come, as `tickmesh status` shows it.
#include "actors/control/wire/cluster_document.hpp"
#include "tests/support/doubt_desk.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace tickmesh::broker_sessions_test {

namespace {

using namespace risk_desk;
using news = broker_news;

execution_settings outside() {
  auto s = open_settings();
  s.sequencer = input_order::arrival;
  s.brokers = {{.name = "ctp"}, {.name = "load", .kind = broker_kind::accept}, {.name = "ib"}};
  return s;
}

} // namespace

TEST_CASE("a broker outside is shown with the last step of its session and its trading day") {
  desk d{outside()};
  auto rows = d.state.totals().sessions;
  REQUIRE(rows.size() == 2); // the one in the log has no session
  CHECK(rows[0].broker == "ctp");
  CHECK(rows[1].broker == "ib");
  CHECK_FALSE(rows[0].session.step);

  auto say = [&](timestamp t, news what, std::int32_t day = 0, std::string text = {}) {
    d.apply(t, broker_event{.news = what, .text = std::move(text), .trading_day = day});
  };
  auto ctp = [&] { return d.state.totals().sessions.at(0).session; };
  say(ms(1), news::connecting);
  say(ms(2), news::logged_in, 20240103);
  CHECK(ctp() == broker_session{news::logged_in, ms(2), 20240103, ""});
  say(ms(3), news::settled);
  say(ms(4), news::session_up);
  say(ms(5), news::session_up, 0, "again");
  say(ms(6), news::executions_told);
  say(ms(7), news::probe_answered, 20240104);
  CHECK(ctp() == broker_session{news::session_up, ms(4), 20240104, "again"});
  say(ms(8), news::session_down, 0, "the line is dead");
  CHECK(ctp() == broker_session{news::session_down, ms(8), 20240104, "the line is dead"});
  CHECK_FALSE(d.state.totals().sessions.at(1).session.step);
}

TEST_CASE("by event time no broker has a session") {
  auto settings = outside();
  settings.sequencer = input_order::event_time;
  CHECK(desk{settings}.state.totals().sessions.empty());
}

TEST_CASE("the document of the cluster has the sessions of brokers") {
  wire::Status status;
  auto& said = *status.mutable_execution()->add_sessions();
  said.set_broker("ctp");
  said.set_step("LOGGED_IN");
  said.set_since_ns(1'000'000'000);
  said.set_trading_day(20240103);
  status.mutable_execution()->add_sessions()->set_broker("ib");
  auto& early = *status.mutable_execution()->add_sessions(); // before the first time mark
  early.set_step("SESSION_UP");
  early.set_since_ns(INT64_MIN);
  auto sessions = nlohmann::json::parse(cluster_document(status))["execution"]["broker_sessions"];
  REQUIRE(sessions.size() == 3);
  CHECK(sessions[0]["step"] == "LOGGED_IN");
  CHECK(sessions[0]["since"] == "1970-01-01T00:00:01.000000000Z");
  CHECK(sessions[0]["trading_day"] == 20240103);
  CHECK(sessions[1]["step"].is_null());
  CHECK(sessions[2]["step"] == "SESSION_UP");
  CHECK(sessions[2]["since"].is_null());
  CHECK(sessions[1]["trading_day"].is_null());
}

} // namespace tickmesh::broker_sessions_test
