// What another program has decided holds, whatever this one would have: a journal survives a newer
// build.
#include "actors/execution/journal/journal_reader.hpp"
#include "tests/support/journal_lives.hpp"

namespace tickmesh::recorded_decisions_test {

using namespace random_trading;

namespace {

constexpr auto first_end = from_ns(330'000'000);
constexpr auto second_end = from_ns(400'000'000);
constexpr auto third_end = from_ns(470'000'000);

constexpr described_parts unanswered{.status = false};

struct journal_home {
  temporary_directory home;
  std::filesystem::path directory = home.path() / "host" / "journal" / "exec-0";
};

/// Writes a journal anew, with its configurations changed: as if they had decided what they have
/// not.
void rewrite(const std::filesystem::path& from, const std::filesystem::path& to,
             const std::function<bool(slot_configuration&)>& change) {
  auto log = journal::open({.directory = to});
  REQUIRE_MESSAGE(log.has_value(), log.error().message);
  journal_reader reader{from};
  event_decoder decoder;
  event_encoder encoder;
  logged_events logged;
  std::string payload;
  std::uint64_t dropped = 0;
  for (;;) {
    auto record = reader.next();
    REQUIRE(record.has_value());
    if (*record == nullptr) break;
    REQUIRE(decoder.decode(**record, logged));
    bool is_dropped = false;
    for (auto& placed : logged.batch.others)
      if (auto* configured = std::get_if<slot_configured>(&placed.event.what)) {
        auto other = *configured->configuration;
        is_dropped = !change(other);
        configured->configuration = std::make_shared<const slot_configuration>(std::move(other));
      }
    if (is_dropped) {
      REQUIRE(logged.batch.size() == 1);
      ++dropped;
      continue;
    }
    logged.batch.first_number -= dropped;
    for (auto& placed : logged.batch.others)
      placed.event.number -= dropped;
    encoder.encode(logged.batch, logged.decisions, payload);
    REQUIRE((*log)->append({.first = logged.batch.first_number,
                            .events = static_cast<std::uint32_t>(logged.batch.size()),
                            .writer = (*record)->writer,
                            .payload = payload}));
  }
  for (auto* name : {"run", "symbols"})
    std::filesystem::copy_file(from / name, to / name);
}

} // namespace

TEST_CASE("what an older program has decided holds, whatever a newer one would have") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    journal_home written, read;
    auto market = random_market(seed);
    auto setup = first_setup(seed);
    std::string before;
    {
      journal_life first{written.directory, setup};
      first.trade(market, first_end);
      before = describe_holdings(*first.trading, unanswered);
    }
    // The newer program has other rules: it would refuse what was approved, approve what was
    // refused, and sends, waits and asks otherwise.
    std::filesystem::create_directories(read.directory.parent_path());
    rewrite(written.directory, read.directory, [&](slot_configuration& c) {
      if (seed % 2 == 0)
        c.settings.limits.position_max = quantity{1 * unit};
      else
        c.settings.limits = risk_limits{};
      c.limits_in_force = c.settings.all_limits();
      c.settings.report_timeout = std::chrono::milliseconds{3};
      c.settings.order_lifetime = std::chrono::milliseconds{11};
      c.settings.failover_threshold = 1;
      c.settings.reconcile_interval = std::chrono::milliseconds{9};
      return true;
    });
    {
      journal_life same{read.directory, setup};
      CHECK_MESSAGE(same.refusal.find("other decisions follow") != std::string::npos, same.refusal);
    }
    setup.build = "two";
    {
      journal_life second{read.directory, setup};
      REQUIRE_MESSAGE(second.refusal.empty(), second.refusal);
      CHECK(first_other_line(describe_holdings(*second.trading, unanswered), before) == "");
      auto orders = second.trading->orders().size();
      for (auto* order : second.trading->orders().unfinished()) { // what was left is asked for
        CHECK(order->queries == 1);
        CHECK(order->status() != order_status::pending_new);
        CHECK(order->status() != order_status::pending_cancel);
      }
      second.trade(market, first_end);
      CHECK(second.trading->orders().size() == orders);
    }
    {
      journal_life third{read.directory, setup};
      REQUIRE_MESSAGE(third.refusal.empty(), third.refusal);
      CHECK_FALSE(third.start.news.has_value());
      third.trade(market, second_end);
      before = describe_holdings(*third.trading);
    }
    journal_life fourth{read.directory, setup};
    REQUIRE_MESSAGE(fourth.refusal.empty(), fourth.refusal);
    CHECK(first_other_line(describe_holdings(*fourth.trading), before) == "");
    fourth.trade(market, third_end);
    CHECK(fourth.trading->orders().unfinished().size() <
          fourth.trading->orders().size()); // they still come to an end
  }
}

TEST_CASE("decisions of an older program that this one can make nothing of are no fault") {
  journal_home written, read;
  auto setup = first_setup(9);
  {
    journal_life first{written.directory, setup};
    first.trade(random_market(9), first_end);
  }
  std::filesystem::create_directories(read.directory.parent_path());
  auto log = journal::open({.directory = read.directory});
  REQUIRE(log.has_value());
  journal_reader reader{written.directory};
  event_decoder decoder;
  event_encoder encoder;
  logged_events logged;
  std::string payload;
  std::mt19937_64 random{9};
  for (;;) {
    auto record = reader.next();
    REQUIRE(record.has_value());
    if (*record == nullptr) break;
    REQUIRE(decoder.decode(**record, logged));
    for (auto& placed : logged.decisions.verdicts)
      if (random() % 4 == 0) {
        placed.verdict.risk.outcome = static_cast<verdict>(random() % verdict_names.size());
        placed.verdict.risk.scope = static_cast<std::uint16_t>(random());
      }
    for (auto& placed : logged.decisions.commands) {
      if (auto* order = std::get_if<order_request>(&placed.command); order && random() % 4 == 0) {
        if (random() % 3 == 0) order->id.value = random();
        if (random() % 3 == 0) order->symbol.value = static_cast<std::uint32_t>(random() % 20);
        if (random() % 3 == 0) order->broker.value = static_cast<std::uint8_t>(random() % 2);
      }
      if (random() % 10 == 0)
        placed.command =
            replace_request{order_id{random()}, broker_id{0}, 1, price{unit}, quantity{unit}};
      if (random() % 10 == 0) placed.command = cancel_request{order_id{random()}, broker_id{1}};
      if (auto* timer = std::get_if<timer_request>(&placed.command); timer && random() % 10 == 0)
        timer->timer.order.value = random();
    }
    if (random() % 3 == 0) logged.decisions.commands.clear();
    encoder.encode(logged.batch, logged.decisions, payload);
    REQUIRE((*log)->append({.first = logged.batch.first_number,
                            .events = static_cast<std::uint32_t>(logged.batch.size()),
                            .writer = (*record)->writer,
                            .payload = payload}));
  }
  log->reset();
  for (auto* name : {"run", "symbols"})
    std::filesystem::copy_file(written.directory / name, read.directory / name);
  setup.build = "two";
  journal_life second{read.directory, setup};
  REQUIRE_MESSAGE(second.refusal.empty(), second.refusal);
  second.trade(random_market(9), third_end);
}

TEST_CASE("a journal that was begun before configurations stood in it is gone on with") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    journal_home written, read;
    auto market = random_market(seed);
    auto setup = first_setup(seed);
    std::string before;
    {
      journal_life first{written.directory, setup};
      first.trade(market, first_end);
      before = describe_holdings(*first.trading, unanswered);
    }
    std::filesystem::create_directories(read.directory.parent_path());
    rewrite(written.directory, read.directory, [](auto&) { return false; });
    auto others = setup;
    others.strategies = {"x2", "x1", "x0"};
    {
      journal_life refused{read.directory, others};
      CHECK_MESSAGE(refused.refusal.find("other symbols or strategies") != std::string::npos,
                    refused.refusal);
    }
    setup.settings.limits.position_max = quantity{1 * unit};
    {
      journal_life second{read.directory, setup};
      REQUIRE_MESSAGE(second.refusal.empty(), second.refusal);
      CHECK_FALSE(second.start.says_its_settings);
      CHECK(first_other_line(describe_holdings(*second.trading, unanswered), before) == "");
    }
    for (auto& i : setup.instruments)
      i.fees = {}; // of later fills: the journal says its settings by now
    setup.strategies = others.strategies;
    std::ranges::reverse(setup.symbols);
    journal_life third{read.directory, setup};
    REQUIRE_MESSAGE(third.refusal.empty(), third.refusal);
    CHECK(third.start.says_its_settings);
    CHECK(first_other_line(describe_holdings(*third.trading, unanswered), before) == "");
  }
}

} // namespace tickmesh::recorded_decisions_test
