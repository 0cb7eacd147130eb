// What follows from events waits for the journal.
#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/slot/journal_appender.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

namespace tickmesh::journal_appender_test {

namespace {

/// A journal, and who appends to it.
struct bench {
  explicit bench(log_durability durability) {
    settings.durability = durability;
    open();
  }

  void open() {
    appender.reset();
    log.reset();
    auto opened = open_slot_journal(
        {.directory = state.path() / "journal", .settings = settings, .run = {7, {"ru1901"}}});
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
    log = std::move(opened->log);
    appender.emplace(log, settings, epoch{1});
  }
  /// A batch of one event.
  trading_answer answer() const {
    trading_answer out;
    out.first_event = log->last_event() + 1;
    out.events = 1;
    out.record = "x";
    return out;
  }
  journal_appender::outcome append(trading_answer given) {
    auto appended = appender->append(given);
    REQUIRE_MESSAGE(appended.has_value(), appended.error().message);
    return *appended;
  }
  journal_appender::outcome append_command() {
    auto given = answer();
    given.commands = {{.command = status_query{order_id{7}, broker_id{0}}}};
    given.triggers = {{1, 2}};
    return append(std::move(given));
  }

  temporary_directory state;
  journal_settings settings;
  std::shared_ptr<journal> log;
  std::optional<journal_appender> appender;
};

} // namespace

TEST_CASE("nothing follows from a batch without commands: it waits for no disk") {
  bench b{log_durability::always};
  auto outcome = b.append(b.answer());
  CHECK_FALSE(outcome.is_held);
  REQUIRE(outcome.note.has_value());
  CHECK(outcome.note->event == 1);
  CHECK_FALSE(outcome.note->is_awaited);
  CHECK_FALSE(b.appender->take().has_value());
  CHECK(b.appender->last_event() == 1);
}

TEST_CASE("by durability always, commands go when the keeper has synced their event") {
  bench b{log_durability::always};
  auto outcome = b.append_command();
  CHECK(outcome.is_held);
  REQUIRE(outcome.note.has_value());
  CHECK(outcome.note->is_awaited);
  CHECK_FALSE(b.appender->take().has_value());
  CHECK_FALSE(b.appender->durable(1).has_value()); // the keeper knows all
  auto held = b.appender->take();
  REQUIRE(held.has_value());
  CHECK(held->commands.size() == 1);
  CHECK(held->triggers.size() == 1);
  CHECK_FALSE(b.appender->take().has_value());
}

TEST_CASE("by interval, commands go when the kernel has their event") {
  bench b{log_durability::interval};
  auto outcome = b.append_command();
  CHECK(outcome.is_held);
  CHECK(outcome.note.has_value());
  CHECK(b.appender->take().has_value());
  auto later = b.append_command();
  CHECK_FALSE(later.note.has_value()); // the keeper has not answered
  CHECK(b.appender->take().has_value());
  auto note = b.appender->durable(1);
  REQUIRE(note.has_value());
  CHECK(note->event == 2);
}

TEST_CASE("what an operator is told waits as commands do") {
  bench b{log_durability::always};
  auto given = b.answer();
  given.outcomes = {{true, "done"}};
  given.trading = {trading_mode::halted, "a", "b"};
  CHECK(b.append(std::move(given)).is_held);
  b.appender->durable(1);
  auto held = b.appender->take();
  REQUIRE(held.has_value());
  CHECK(held->outcomes == std::vector<operator_outcome>{{true, "done"}});
  CHECK(held->trading == trading_status{trading_mode::halted, "a", "b"});
}

TEST_CASE("inputs may be forgotten elsewhere when the journal has them for good") {
  bench b{log_durability::always};
  CHECK(b.appender->has_inputs_for_good());
  b.append(b.answer());
  CHECK_FALSE(b.appender->has_inputs_for_good());
  REQUIRE(b.log->sync().has_value());
  CHECK(b.appender->has_inputs_for_good());
  bench other{log_durability::interval};
  other.append(other.answer());
  CHECK(other.appender->has_inputs_for_good());
}

TEST_CASE("what an earlier life has left unsynced is the keeper's first work") {
  bench b{log_durability::always};
  CHECK_FALSE(b.appender->begin().has_value());
  b.append_command();
  b.open();
  auto note = b.appender->begin();
  REQUIRE(note.has_value());
  CHECK(note->event == 1);
  CHECK(note->is_awaited);
  CHECK_FALSE(b.appender->begin().has_value()); // it was said
}

TEST_CASE("an answer that does not follow the journal is a fault") {
  bench b{log_durability::interval};
  auto given = b.answer();
  given.first_event = 5;
  CHECK_FALSE(b.appender->append(given).has_value());
}

} // namespace tickmesh::journal_appender_test
