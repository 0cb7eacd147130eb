// An execution slot whose risk checker crashes at any moment and is restarted in place: the journal
// has what it knew, and what follows is what would have followed.
#include "tests/support/exec_bench.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <stdexcept>
#include <utility>

namespace tickmesh::exec_crashes_test {

using namespace exec_benches;

namespace {

using std::chrono::milliseconds;

std::function<void(const sequenced_event&)> throw_at_events(std::set<std::uint64_t> at) {
  return [at = std::make_shared<std::set<std::uint64_t>>(std::move(at))](
             const sequenced_event& event) {
    if (at->erase(event.number) > 0) throw std::runtime_error{"planted"};
  };
}

execution_settings settings_of(log_durability durability) {
  auto out = exec_settings();
  out.journal.durability = durability;
  return out;
}

struct stand_in_state {
  const char* name = "stand_in_ledger_keeper";
};

/// Takes rows and says that they are written. With `kills`, the last ones end its owner, once.
caf::behavior stand_in_ledger_keeper(caf::stateful_actor<stand_in_state>* self, caf::actor owner,
                                     std::shared_ptr<bool> kills) {
  auto answer = [self, owner, kills](const auto& task) {
    if (task.is_final && std::exchange(*kills, false))
      self->send_exit(owner, caf::exit_reason::kill);
    else
      self->send(owner, ledger_answer{true});
  };
  return {
      [answer](const write_ledger& task) { answer(task); },
      [answer](const rebuild_ledger& task) { answer(task); },
      [self](end_ledger_keeper) { self->quit(); },
  };
}

} // namespace

TEST_CASE("a risk checker that crashes at whichever event leaves no trace in orders and fills") {
  std::uint64_t last_event = 0;
  exec_bench quiet{1, [&](const sequenced_event& event) { last_event = event.number; }};
  quiet.feed_all();
  quiet.check_everything_came();
  REQUIRE(last_event > 1'000);
  for_each_seed(60, [&](std::uint64_t seed) {
    std::mt19937_64 random{seed};
    std::set<std::uint64_t> at;
    for (std::uint64_t crash = 0; crash < 1 + seed % 3; ++crash)
      at.insert(1 + random() % last_event);
    auto durability = seed % 4 == 0 ? log_durability::always : log_durability::interval;
    exec_bench bench{seed, throw_at_events(at), settings_of(durability)};
    // Some rows are written before the crash, others are not.
    bench.fixture.let_time_pass_while_working(1 + random() % 8, milliseconds{10});
    bench.feed_all();
    auto has_ended = [&] { return !bench.events->finished.empty(); };
    CHECK(bench.fixture.run_until(has_ended, std::chrono::seconds{60}));
    bench.fixture.run(); // rows are on their way
    bench.check_everything_came();
    CHECK(bench.events->ready == 1);
  });
}

TEST_CASE("a risk checker that is killed between two messages, or at the end, leaves no trace") {
  std::uint64_t killed = 0;
  for_each_seed(80, [&](std::uint64_t seed) {
    caf::actor_addr checker;
    exec_bench bench{seed,
                     nullptr,
                     settings_of(log_durability::interval),
                     {},
                     [&](caf::event_based_actor* parent, const ledger_keeper_options& options) {
                       checker = options.owner.address();
                       return parent->spawn(stand_in_ledger_keeper, options.owner,
                                            std::make_shared<bool>(false));
                     }};
    for (auto name : upstream)
      bench.feed(name);
    auto kill = [&] {
      auto handle = caf::actor_cast<caf::actor>(checker);
      if (handle == nullptr) return;
      caf::anon_send_exit(handle, caf::exit_reason::kill);
      ++killed;
    };
    auto steps = bench.random() % 2'500;
    for (std::uint64_t i = 0; i < steps && bench.fixture.step(); ++i) {
    }
    kill();
    bench.fixture.pass(milliseconds{400});
    if (seed % 2 == 0) kill(); // often when the log has ended
    bench.fixture.pass(std::chrono::seconds{1});
    bench.check_everything_came();
  });
  CHECK(killed > 100);
}

TEST_CASE("a risk checker that ends while it closes the books closes them once more") {
  for_each_seed(10, [](std::uint64_t seed) {
    auto kills = std::make_shared<bool>(true);
    exec_bench bench{seed,
                     nullptr,
                     exec_settings(),
                     {},
                     [kills](caf::event_based_actor* parent, const ledger_keeper_options& options) {
                       return parent->spawn(stand_in_ledger_keeper, options.owner, kills);
                     }};
    bench.feed_all();
    bench.fixture.pass(std::chrono::seconds{1});
    CHECK(!*kills);
    bench.check_everything_came();
  });
}

TEST_CASE("an event that always crashes the risk checker fails the slot, which names it") {
  for (std::uint64_t at : {1U, 100U, 500U, 900U}) {
    CAPTURE(at);
    auto crashes = std::make_shared<int>(0);
    exec_bench bench{at, [at, crashes](const sequenced_event& event) {
                       if (event.number != at) return;
                       ++*crashes;
                       throw std::runtime_error{"bad event"};
                     }};
    bench.feed_all();
    bench.fixture.pass(std::chrono::seconds{2}); // restarts wait
    REQUIRE(bench.events->failures.size() == 1);
    CHECK(bench.events->failures[0] ==
          "risk_checker crashed once more after 3 restarts within 10000 ms: bad event");
    CHECK(*crashes == 4);
    CHECK(bench.events->finished.empty());
  }
}

TEST_CASE("a risk checker whose journal is gone is not restarted on nothing") {
  temporary_directory state;
  exec_bench bench{1, throw_at_events({700}), exec_settings(), state.path()};
  auto journal = state.path() / host_settings{}.id / "journal" / "exec-0";
  for (auto name : upstream)
    bench.feed(name);
  for (int i = 0; i < 400 && bench.fixture.step(); ++i) {
  }
  for (auto& file : std::filesystem::directory_iterator{journal})
    if (file.path().extension() == ".journal") std::filesystem::remove(file.path());
  bench.fixture.pass(std::chrono::seconds{2});
  REQUIRE(!bench.events->failures.empty());
  CHECK(bench.events->failures[0].starts_with("risk_checker crashed once more after 3 restarts"));
}

} // namespace tickmesh::exec_crashes_test
