// What operators ask of an execution slot while its disk is slow.
#include "actors/execution/events/operator_codec.hpp"
#include "actors/execution/journal/halt_file.hpp"
#include "tests/support/exec_bench.hpp"

#include <doctest/doctest.h>

#include <optional>

namespace tickmesh::exec_operator_test {

namespace {

/// Tells an asker what to ask.
struct ask_slot {
  caf::actor slot;
  operator_bytes request;
};

/// What the last question was answered, and what was on disk by then.
struct asked_slot {
  std::filesystem::path file;
  std::optional<wire::OperatorAnswer> answer{};
  trading_mode on_disk = trading_mode::active;
};

} // namespace

} // namespace tickmesh::exec_operator_test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::exec_operator_test::ask_slot)

namespace tickmesh::exec_operator_test {

using namespace exec_benches;

namespace {

/// Without the file, nobody has halted.
trading_mode mode_on_disk(const std::filesystem::path& file) {
  auto kept = read_halt_file(file);
  REQUIRE(kept.has_value());
  return *kept ? (*kept)->notice.mode : trading_mode::active;
}

caf::behavior asker(caf::event_based_actor* self, std::shared_ptr<asked_slot> asked) {
  return {[self, asked](const ask_slot& ask) {
    self->request(ask.slot, caf::infinite, ask.request).then([asked](const operator_bytes& bytes) {
      asked->answer.emplace().ParseFromString(bytes.bytes);
      asked->on_disk = mode_on_disk(asked->file);
    });
  }};
}

operator_bytes make_request(trading_mode mode) {
  wire::OperatorRequest request;
  write_operator_command({.who = "me", .reason = "why", .action = trading_switch{.mode = mode}},
                         *request.mutable_command());
  return {request.SerializeAsString()};
}

} // namespace

TEST_CASE("a halt takes effect at once, and is answered when the disk has it") {
  for (auto durability : {log_durability::interval, log_durability::never})
    for_each_seed(5, [durability](std::uint64_t seed) {
      auto settings = exec_settings();
      settings.journal.durability = durability;
      temporary_directory state;
      std::optional<operator_command> seen;
      auto probe = [&](const sequenced_event& event) {
        if (auto* command = std::get_if<operator_command>(&event.what)) seen = *command;
      };
      exec_bench bench{seed, probe, settings, state.path()};
      auto asked = std::make_shared<asked_slot>();
      asked->file = state.path() / host_settings{}.id / "journal" / "exec-0.trading";
      auto operator_actor = bench.fixture.spawn(asker, asked);
      bench.fixture.freeze(bench.keeper);
      caf::anon_send(operator_actor, ask_slot{bench.slot, make_request(trading_mode::halted)});
      bench.fixture.run();
      auto asked_at = from_ns(bench.fixture.now().count());
      for (auto name : upstream)
        bench.feed(name);
      bench.fixture.pass(std::chrono::seconds{1});
      REQUIRE(seen.has_value());
      CHECK(seen->asked == asked_at);
      CHECK(!asked->answer);
      CHECK(bench.events->finished.empty()); // its journal is not closed
      CHECK(mode_on_disk(asked->file) == trading_mode::active);
      bench.fixture.thaw(bench.keeper);
      bench.fixture.pass(std::chrono::seconds{1});
      REQUIRE(asked->answer.has_value());
      CHECK(asked->answer->is_done());
      CHECK(asked->on_disk == trading_mode::halted);
      CHECK(bench.events->failures.empty());
      REQUIRE(bench.events->finished.size() == 1);
      auto& counts = bench.events->finished[0].counts;
      CHECK(counts.at("orders/TRADING_HALTED") > 0);
      CHECK(counts.at("orders/APPROVED") == 0);
    });
}

TEST_CASE(
    "one command more than may wait is refused, and there is room again when they are answered") {
  auto settings = exec_settings();
  settings.operator_commands_max = 2;
  temporary_directory state;
  exec_bench bench{1, nullptr, settings, state.path()};
  auto ask = [&](trading_mode mode) {
    auto asked = std::make_shared<asked_slot>();
    asked->file = state.path() / host_settings{}.id / "journal" / "exec-0.trading";
    caf::anon_send(bench.fixture.spawn(asker, asked), ask_slot{bench.slot, make_request(mode)});
    bench.fixture.run();
    return asked;
  };
  bench.fixture.freeze(bench.keeper);
  auto first = ask(trading_mode::halted);
  auto second = ask(trading_mode::reducing);
  auto third = ask(trading_mode::halted);
  CHECK(!first->answer);
  CHECK(!second->answer);
  REQUIRE(third->answer.has_value());
  CHECK_FALSE(third->answer->is_done());
  CHECK(third->answer->text() ==
        "2 commands are not answered yet (execution.operator_commands_max)");
  bench.fixture.thaw(bench.keeper);
  bench.fixture.pass(std::chrono::seconds{1});
  for (auto& asked : {first, second}) {
    REQUIRE(asked->answer.has_value());
    CHECK(asked->answer->is_done());
  }
  auto fourth = ask(trading_mode::halted);
  bench.fixture.pass(std::chrono::seconds{1});
  REQUIRE(fourth->answer.has_value());
  CHECK(fourth->answer->is_done());
  CHECK(fourth->on_disk == trading_mode::halted);
}

} // namespace tickmesh::exec_operator_test
