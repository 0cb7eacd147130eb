// The document of an order's story, and its lines.
#include "apps/reports/order_document.hpp"

#include "actors/execution/recovery/journal_replay.hpp"
#include "tests/support/order_journal.hpp"

#include <sstream>

namespace tickmesh::order_document_test {

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

result<factor_values> no_factors() {
  return fail("no tick log here holds S1 up to 3; give --ticks DIR");
}

} // namespace

TEST_CASE("every step of every story is a line, and delays add up") {
  auto settings = fully_limited(2);
  order_journal journal{settings, 2};
  auto contents = read_judged_orders(journal.directory());
  REQUIRE(contents.has_value());
  trading_state trading{settings, random_trading::universe(), false};
  std::vector<order_story> stories;
  for (auto& order : contents->orders)
    stories.emplace_back(trading, order.id, read_signal(journal.directory(), order.event).value(),
                         order.event);
  REQUIRE(replay_journal(journal.directory(), trading,
                         {.before =
                              [&](auto& event) {
                                for (auto& s : stories)
                                  s.before(event);
                              },
                          .after =
                              [&](auto& event, auto& decided) {
                                for (auto& s : stories)
                                  s.after(event, decided);
                              },
                          .mark = nullptr})
              .has_value());
  std::map<std::string, std::size_t> kinds;
  for (auto& story : stories) {
    auto document = describe_order(story, {.journal = "here",
                                           .events = contents->events,
                                           .account = "main",
                                           .brokers = {"ctp", "ib"},
                                           .universe = trading.universe(),
                                           .factors = no_factors()});
    auto lines = lines_of(format_order(document));
    std::size_t next = 0;
    std::int64_t delays = 0;
    for (auto& step : document.at("steps")) {
      auto kind = step.at("step").get<std::string>();
      ++kinds[kind];
      if (!step.at("delay_ns").is_null()) delays += step.at("delay_ns").get<std::int64_t>();
      auto found = std::find_if(
          lines.begin() + static_cast<std::ptrdiff_t>(next), lines.end(),
          [&](auto& line) { return line.size() > 48 && line.substr(48, kind.size()) == kind; });
      REQUIRE_MESSAGE(found != lines.end(), kind, " in\n", format_order(document));
      next = static_cast<std::size_t>(found - lines.begin()) + 1;
    }
    for (auto& line : lines)
      CHECK_MESSAGE((line.empty() || line.back() != ' '), line);
    auto last = document.at("steps").back().at("time").get<std::string>();
    CHECK(*parse_timestamp(last) - story.trigger()->effective_time == nanoseconds{delays});
  }
  for (auto* kind : {"tick", "factors", "signal", "verdict", "routing", "sent", "report", "fill",
                     "position", "timer"})
    CHECK_MESSAGE(kinds[kind] > 0, kind);
}

TEST_CASE("what nobody knows is not written") {
  trading_state trading{random_trading::settings_of(1, random_trading::odd_delay),
                        random_trading::universe(), false};
  signal windowed{.name = {.last_tick = sequence{3}, .window_end = from_ns(5'000'000'000)},
                  .effective_time = from_ns(5'000'000'000),
                  .direction = -1,
                  .volume = quantity{decimal_scale}};
  auto id = trading.request_of(windowed).id;
  order_story story{trading, id, windowed, 1};
  sequenced_event event{1, windowed.effective_time, windowed};
  std::vector<venue_command> commands;
  batch_decisions decided;
  story.before(event);
  trading.apply(event, commands);
  decided.verdicts.push_back({0, trading.verdicts().at(0)});
  story.after(event, decided);
  auto document = describe_order(story, {.journal = "here",
                                         .events = 1,
                                         .account = "main",
                                         .brokers = {},
                                         .universe = trading.universe(),
                                         .factors = no_factors()});
  auto& tick = document.at("steps").at(0);
  CHECK(tick.at("name") == "S0/1/3");
  for (auto* key : {"time", "event", "delay_ns", "last", "bid", "ask"})
    CHECK_MESSAGE(tick.at(key).is_null(), key);
  CHECK(document.at("steps").at(1).at("missing") == no_factors().error().message);
  CHECK(document.at("steps").at(2).at("ingest_to_sent_ns").is_null());
  CHECK(document.at("verdict") == "INVALID_ORDER");
  CHECK(document.at("price").is_null());
  auto text = format_order(document);
  CHECK(text.find("last -, bid -, ask -") != std::string::npos);
  CHECK(text.find("wall clock") == std::string::npos);
  CHECK(text.find(no_factors().error().message) != std::string::npos);
}

} // namespace tickmesh::order_document_test
