// A live journal survives a change of configuration and of the program: every kind of setting is
// changed between two lives, and nothing is lost.
#include "tests/support/journal_lives.hpp"

namespace tickmesh::configuration_change_test {

using namespace random_trading;

namespace {

constexpr auto first_end = from_ns(330'000'000); // of 500 ms, on the second trading day
constexpr auto second_end = from_ns(400'000'000);
constexpr auto third_end = from_ns(470'000'000);

struct change {
  std::string what;
  void (*make)(life_setup&);
};

void reverse(auto& list) {
  std::ranges::reverse(list);
}

std::vector<broker_settings> three_brokers(const execution_settings& settings) {
  auto out = settings.all_brokers();
  out.push_back({.name = "third", .sim = {.delay = std::chrono::milliseconds{2}}});
  return out;
}

const change changes[] = {
    {"nothing", [](life_setup&) {}},
    {"limits",
     [](life_setup& s) {
       s.settings.limits.position_max = quantity{3 * unit};
       s.settings.limit_scopes = {{.kind = scope_kind::strategy, .name = "x1"},
                                  {.kind = scope_kind::symbol, .name = "S1*"}};
       s.settings.limit_scopes[0].limits.gross_exposure_max = money{int128{100'000} * unit};
       s.settings.limit_scopes[1].limits.orders_per_day_max = 100;
     }},
    {"fees",
     [](life_setup& s) {
       for (auto& i : s.instruments)
         i.fees.open = i.fees.close = {.ratio = 1'000'000, .amount = 7 * unit};
     }},
    {"strategies in another order", [](life_setup& s) { reverse(s.strategies); }},
    {"a new strategy before the others",
     [](life_setup& s) { s.strategies.insert(s.strategies.begin(), "fresh"); }},
    {"a strategy less", [](life_setup& s) { std::erase(s.strategies, "x0"); }},
    {"symbols in another order", [](life_setup& s) { reverse(s.symbols); }},
    {"a symbol less, with its instrument",
     [](life_setup& s) {
       std::erase(s.symbols, "S3");
       std::erase_if(s.instruments, [](auto& i) { return i.pattern == "S3"; });
     }},
    {"an instrument less of a symbol that goes on",
     [](life_setup& s) {
       std::erase_if(s.instruments, [](auto& i) { return i.pattern == "S4"; });
     }},
    {"a new symbol before the others",
     [](life_setup& s) {
       s.symbols.insert(s.symbols.begin(), "NEW");
       s.instruments.push_back(instrument{.pattern = "NEW", .exchange = {}, .currency = "CNY"});
     }},
    {"multiplier",
     [](life_setup& s) {
       for (auto& i : s.instruments)
         i.multiplier *= 3;
     }},
    {"a multiplier that divides nothing",
     [](life_setup& s) {
       for (auto& i : s.instruments)
         i.multiplier = 7 * unit;
     }},
    {"position models",
     [](life_setup& s) {
       for (auto& i : s.instruments)
         i.positions = position_model::today_first;
     }},
    {"sessions and calendar",
     [](life_setup& s) {
       auto calendar = std::make_shared<trading_calendar>();
       calendar->name = "made";
       calendar->holidays.insert(std::chrono::sys_days{std::chrono::days{3}});
       s.settings.limits.in_session_only = true;
       for (auto& i : s.instruments) {
         i.calendar = calendar;
         i.sessions = {{.from = std::chrono::minutes{0}, .until = std::chrono::minutes{60}}};
       }
     }},
    {"ticks, steps, short sale, time zone",
     [](life_setup& s) {
       for (auto& i : s.instruments) {
         i.price_tick = price{unit / 2};
         i.quantity_step = quantity{2 * unit};
         i.short_allowed = false;
         i.time_zone = "Asia/Shanghai";
       }
     }},
    {"brokers in another order",
     [](life_setup& s) {
       s.settings.brokers = three_brokers(s.settings);
       reverse(s.settings.brokers);
       std::swap(s.settings.primary_broker, s.settings.backup_broker);
     }},
    {"a broker less",
     [](life_setup& s) {
       s.settings.brokers = three_brokers(s.settings);
       s.settings.brokers.erase(s.settings.brokers.begin());
       s.settings.primary_broker = "third";
     }},
    {"the simulated venue",
     [](life_setup& s) {
       s.settings.sim.seed += 5;
       s.settings.sim.delay = std::chrono::milliseconds{3};
       s.settings.sim.reject_share = 0.5;
     }},
    {"time-outs and intervals",
     [](life_setup& s) {
       s.settings.order_lifetime = std::chrono::milliseconds{5};
       s.settings.report_timeout = std::chrono::milliseconds{7};
       s.settings.order_time_in_force = time_in_force::day;
       s.settings.reconcile_interval = std::chrono::milliseconds{10};
       s.settings.broker_probe_interval = std::chrono::milliseconds{10};
       s.settings.failover_threshold = 1;
       s.settings.frozen_mark_alarm = std::chrono::milliseconds{1};
       s.settings.programme_rate_reported = 1;
     }},
    {"account and currency",
     [](life_setup& s) {
       s.settings.account = "other";
       s.settings.currency = "USD";
     }},
    {"all orders never end", [](life_setup& s) { s.settings.order_lifetime = {}; }},
};

/// Of which a journal's ids know nothing.
const char* const no_news[] = {"nothing", "strategies in another order", "a strategy less",
                               "symbols in another order"};

struct journal_home {
  temporary_directory home;
  std::filesystem::path directory = home.path() / "host" / "journal" / "exec-0";
};

} // namespace

TEST_CASE("what was traded stands as it stood when any kind of setting is changed") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    for (auto& [what, make] : changes) {
      CAPTURE(seed);
      CAPTURE(what);
      journal_home home;
      auto market = random_market(seed);
      auto setup = first_setup(seed);
      described_parts parts{.status = what != "a broker less", // then its orders are in doubt
                            .costs = what.find("multiplier") == std::string::npos};
      std::string before;
      {
        journal_life first{home.directory, setup};
        first.trade(market, first_end);
        before = describe_holdings(*first.trading, parts);
        REQUIRE(first.trading->totals().fills > 20);
        REQUIRE(first.trading->totals().open_positions > 3);
      }
      make(setup);
      bool is_news = std::ranges::find(no_news, what) == std::end(no_news);
      std::string after;
      std::uint64_t events = 0;
      {
        journal_life second{home.directory, setup};
        REQUIRE_MESSAGE(second.refusal.empty(), second.refusal);
        CHECK(second.start.news.has_value() == is_news);
        auto orders = second.trading->orders().size();
        CHECK(first_other_line(describe_holdings(*second.trading, parts), before) == "");
        second.trade(market, first_end); // all of it again: every signal is a repeat
        CHECK(second.trading->orders().size() == orders);
        CHECK(first_other_line(describe_holdings(*second.trading, parts), before) == "");
      }
      {
        journal_life third{home.directory, setup};
        REQUIRE_MESSAGE(third.refusal.empty(), third.refusal);
        CHECK_FALSE(third.start.news.has_value());
        third.trade(market, second_end);
        after = describe_holdings(*third.trading);
        events = third.trading->last_event();
      }
      journal_life fourth{home.directory, setup};
      REQUIRE_MESSAGE(fourth.refusal.empty(), fourth.refusal);
      CHECK(fourth.trading->last_event() == events);
      CHECK(first_other_line(describe_holdings(*fourth.trading), after) == "");
      fourth.trade(market, third_end);
      CHECK(fourth.trading->last_event() > events);
    }
}

TEST_CASE("a change of settings that is taken back leaves what it was for in its own time") {
  journal_home home;
  auto market = random_market(4);
  auto setup = first_setup(4);
  auto others = setup;
  for (auto& one : changes)
    if (one.what != "account and currency") one.make(others);
  described_parts parts{.status = false, .costs = false};
  std::string state;
  for (int life = 0; life < 6; ++life) {
    CAPTURE(life);
    journal_life one{home.directory, life % 2 == 0 ? setup : others};
    REQUIRE_MESSAGE(one.refusal.empty(), one.refusal);
    if (life > 0) CHECK(first_other_line(describe_holdings(*one.trading, parts), state) == "");
    one.trade(market, from_ns(100'000'000 + life * 60'000'000));
    state = describe_holdings(*one.trading, parts);
  }
}

TEST_CASE("fees and multipliers of a change are those of later fills") {
  journal_home home;
  auto market = random_market(5);
  auto setup = first_setup(5);
  {
    journal_life first{home.directory, setup};
    first.trade(market, first_end);
  }
  for (auto& i : setup.instruments) {
    i.fees = {};
    i.multiplier *= 2;
  }
  journal_life second{home.directory, setup};
  auto before = second.trading->totals();
  second.trade(market, second_end);
  auto after = second.trading->totals();
  REQUIRE(after.fills > before.fills);
  CHECK(after.fees == before.fees);
  CHECK(after.realised != before.realised);
}

TEST_CASE("what is configured otherwise holds for the next order") {
  struct rule {
    verdict refusal;
    void (*make)(life_setup&);
  };
  const rule rules[] = {
      {verdict::order_size_exceeded,
       [](life_setup& s) { s.settings.limits.order_size_max = quantity{1}; }},
      {verdict::outside_session,
       [](life_setup& s) {
         s.settings.limits.in_session_only = true;
         for (auto& i : s.instruments)
           i.sessions = {{.from = std::chrono::minutes{60}, .until = std::chrono::minutes{120}}};
       }},
      {verdict::outside_session,
       [](life_setup& s) {
         s.settings.limits.in_session_only = true;
         for (auto& i : s.instruments) {
           auto calendar = std::make_shared<trading_calendar>();
           calendar->weekdays = every_weekday;
           calendar->holidays.insert(std::chrono::sys_days{});
           i.sessions = {{.from = std::chrono::minutes{0}, .until = std::chrono::minutes{60}}};
           i.calendar = calendar;
         }
       }},
      {verdict::currency_mismatch, [](life_setup& s) { s.settings.currency = "EUR"; }},
      {verdict::invalid_order, [](life_setup& s) { s.instruments.clear(); }},
      {verdict::invalid_order,
       [](life_setup& s) {
         for (auto& i : s.instruments)
           i.price_tick = price{1'000 * unit};
       }},
      {verdict::order_value_exceeded,
       [](life_setup& s) {
         for (auto& i : s.instruments)
           i.multiplier = 1'000'000 * unit;
       }},
  };
  journal_home home;
  auto market = random_market(5);
  auto setup = first_setup(5);
  std::size_t orders = 0;
  {
    journal_life first{home.directory, setup};
    first.trade(market, first_end);
    orders = first.trading->orders().size();
  }
  auto until = first_end;
  for (auto& [refusal, make] : rules) {
    CAPTURE(to_string(refusal));
    auto other = setup;
    make(other);
    journal_life next{home.directory, other};
    REQUIRE_MESSAGE(next.refusal.empty(), next.refusal);
    auto place = static_cast<std::size_t>(refusal);
    auto before = next.trading->totals().by_verdict[place];
    next.trade(market, until += std::chrono::milliseconds{15});
    CHECK(next.trading->totals().by_verdict[place] > before);
    CHECK(next.trading->orders().size() == orders);
  }
  setup.settings.limits.daily_loss_max.reset(); // the last multiplier may have lost as much
  journal_life back{home.directory, setup};
  back.trade(market, third_end);
  CHECK(back.trading->orders().size() > orders);
}

TEST_CASE("limits that an operator has set go on until those of the configuration change") {
  journal_home home;
  auto setup = first_setup(6);
  auto in_force = [](journal_life& life) { return life.trading->limits().scopes(); };
  auto wanted = setup.settings.all_limits();
  wanted.front().limits.position_max = quantity{2 * unit};
  {
    journal_life first{home.directory, setup};
    first.command(limits_change{.limits = wanted});
  }
  setup.settings.report_timeout *= 2;
  {
    journal_life second{home.directory, setup};
    CHECK(in_force(second) == wanted);
    CHECK_FALSE(second.start.are_limits_replaced);
  }
  setup.settings.limits.position_max = quantity{5 * unit};
  journal_life third{home.directory, setup};
  CHECK(in_force(third) == setup.settings.all_limits());
  CHECK(third.start.are_limits_replaced);
}

TEST_CASE("a halt goes on over a change of configuration") {
  journal_home home;
  auto market = random_market(7);
  auto setup = first_setup(7);
  {
    journal_life first{home.directory, setup};
    first.trade(market, first_end);
  }
  {
    journal_life halted{home.directory, setup};
    halted.command(trading_switch{.mode = trading_mode::halted});
  }
  for (auto& one : changes)
    one.make(setup);
  journal_life second{home.directory, setup};
  CHECK(second.trading->notice().mode == trading_mode::halted);
  auto orders = second.trading->orders().size();
  second.trade(market, third_end);
  CHECK(second.trading->orders().size() == orders);
}

TEST_CASE("a broker that is configured no more is named with what it has, and gets nothing") {
  journal_home home;
  auto market = random_market(8);
  auto setup = first_setup(8);
  {
    journal_life first{home.directory, setup};
    first.trade(market, first_end);
  }
  setup.settings.primary_broker = "third";
  {
    journal_life second{home.directory, setup};
    second.trade(market, second_end);
    auto problems = second.trading->reconciliation_problems();
    REQUIRE(problems.size() == 1);
    CHECK_MESSAGE(problems[0].find("ctp: is configured no more, and has ") == 0, problems[0]);
    CHECK(second.settings().brokers[0].is_gone);
    CHECK(second.settings().brokers[2].name == "third");
    std::size_t at_third = 0;
    for (auto* order : second.trading->orders().unfinished()) {
      bool is_new = order->created.time >= first_end;
      CHECK(order->request.broker == broker_id{static_cast<std::uint8_t>(is_new ? 2 : 0)});
      at_third += is_new ? 1 : 0;
    }
    CHECK(at_third > 0);
  }
  setup.settings.primary_broker = "ctp";
  setup.settings.brokers = three_brokers(setup.settings);
  journal_life third{home.directory, setup};
  CHECK(third.trading->reconciliation_problems().empty());
  CHECK_FALSE(third.settings().brokers[0].is_gone);
}

} // namespace tickmesh::configuration_change_test
