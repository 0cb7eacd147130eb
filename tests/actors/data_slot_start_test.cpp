// A data slot that can't start.
#include "actors/market/slot/data_slot_actor.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>

namespace tickmesh::data_slot_start_test {

namespace {

constexpr slot_name data0{role::data, 0}, calc0{role::calc, 0}, exec0{role::exec, 0};

} // namespace

TEST_CASE("a data slot whose log can't be opened says why, and takes what comes without harm") {
  actor_system_fixture fixture{1};
  temporary_directory state;
  auto market =
      std::make_shared<const memory_source>(small_market_symbols(8), make_small_market(8, 100, 5));
  auto events = std::make_shared<slot_events>();
  auto view = std::make_shared<cluster_view>();
  view->number = view->formed = small_market_epoch;
  for (auto name : {data0, calc0, exec0})
    view->slots.push_back({name, "host", small_market_epoch});
  view->symbols = market->symbols().names();
  auto host = std::make_shared<host_settings>();
  auto blocked = state.path() / "file";
  std::ofstream{blocked} << "no directory";
  host->state_dir = blocked.string();
  data_slot_options options;
  options.context = {data0,
                     view,
                     host,
                     fixture.make_clock(),
                     fixture.spawn(agent_recorder, events),
                     fixture.spawn(memory_writer, std::make_shared<written_files>()),
                     small_market_epoch};
  options.source = market;
  options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
  options.start_keeper = start_keeper_here;
  auto slot = fixture.spawn(data_slot, options);
  caf::anon_send(slot, link_peers{});
  caf::anon_send(slot, start_feeds{});
  caf::anon_send(slot, view_changed{view});
  caf::anon_send(slot, link_resume{1, 0, small_market_epoch.value, 0});
  caf::anon_send(slot, replica_hello{0, "other", 0, 0, 0});
  fixture.run();
  CHECK(events->ready == 0);
  REQUIRE(events->failures.size() == 1);
  CHECK(events->failures[0].find(blocked.string()) != std::string::npos);
  caf::anon_send_exit(slot, caf::exit_reason::user_shutdown);
  fixture.run();
}

} // namespace tickmesh::data_slot_start_test
