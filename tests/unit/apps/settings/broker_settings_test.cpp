// What a configuration says of brokers: the keys, their defaults, and the words of refusals.
#include "apps/settings/configuration_hash.hpp"
#include "apps/settings/load_settings.hpp"
#include "tests/support/loaded_text.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tickmesh::broker_settings_test {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using texts = std::vector<std::string>;

texts faults_of(std::string_view text) {
  return load_text(text).faults;
}

/// Of a configuration without faults.
execution_settings execution_of(std::string_view text) {
  auto loaded = load_text(text);
  CHECK(loaded.faults == texts{});
  return loaded.value.execution;
}

texts names_of(const std::vector<broker_settings>& brokers) {
  texts out;
  for (auto& broker : brokers)
    out.push_back(broker.name);
  return out;
}

constexpr std::string_view two_entries = "[[execution.brokers]]\nname = \"ctp\"\n"
                                         "[[execution.brokers]]\nname = \"ib\"\n";

std::string with_entries(std::string_view text) {
  return std::string{two_entries} + std::string{text}; // which begins in line 5
}

} // namespace

TEST_CASE("without a word about brokers a primary and a backup run, both simulated") {
  for (auto& file : {std::string{}, source_path("config/embedded.toml")}) {
    CAPTURE(file);
    auto loaded = load_settings({file, {}, {}});
    CHECK(loaded.faults == texts{});
    auto& e = loaded.value.execution;
    CHECK(e.primary_broker == "ctp");
    CHECK(e.backup_broker == "ib");
    CHECK(e.failover_threshold == 3);
    CHECK(e.broker_probe_interval == seconds{10});
    CHECK(e.reconcile_interval == nanoseconds{0});
    CHECK(e.order_time_in_force == time_in_force::good_till_cancel);
    CHECK(e.sim.unavailable_share == 0);
    CHECK(e.brokers.empty());
    auto all = e.all_brokers();
    CHECK(names_of(all) == texts{"ctp", "ib"});
    for (auto& broker : all) {
      CHECK(broker.kind == broker_kind::sim);
      CHECK(broker.sim.reject_share == 0.01);
    }
    CHECK(e.every_tick());
  }
}

TEST_CASE("the two brokers take their names from routing and their kind from execution.broker") {
  auto e = execution_of("[execution]\nbroker = \"accept\"\n[execution.routing]\n"
                        "primary = \"a\"\nbackup = \"b\"\n");
  CHECK(names_of(e.all_brokers()) == texts{"a", "b"});
  for (auto& broker : e.all_brokers())
    CHECK(broker.kind == broker_kind::accept);
  CHECK_FALSE(e.every_tick());
  CHECK(names_of(execution_of("[execution.routing]\nbackup = \"\"\n").all_brokers()) ==
        texts{"ctp"});
}

TEST_CASE("every key of routing is read") {
  auto e = execution_of(with_entries("[execution.routing]\n"
                                     "primary = \"ib\"\nbackup = \"ctp\"\n"
                                     "failover_threshold = 7\n"
                                     "probe_interval_ms = 250\n"
                                     "reconcile_interval_ms = 30000\n"));
  CHECK(e.primary_broker == "ib");
  CHECK(e.backup_broker == "ctp");
  CHECK(e.failover_threshold == 7);
  CHECK(e.broker_probe_interval == milliseconds{250});
  CHECK(e.reconcile_interval == seconds{30});
}

TEST_CASE("a broker begins with the values of all, and may have its own") {
  auto e = execution_of("[execution.sim]\nseed = 5\ndelay_us = 20\nreject_share = 0.1\n"
                        "lost_ack_share = 0.2\nunavailable_share = 0.3\n"
                        "[[execution.brokers]]\nname = \"ctp\"\n"
                        "[[execution.brokers]]\nname = \"ib\"\nkind = \"sim\"\nseed = 6\n"
                        "delay_us = 40\nreject_share = 0.4\nlost_ack_share = 0.5\n"
                        "unavailable_share = 1\n"
                        "[[execution.brokers]]\nname = \"load\"\nkind = \"accept\"\n");
  REQUIRE(names_of(e.all_brokers()) == texts{"ctp", "ib", "load"});
  auto& first = e.brokers[0];
  CHECK(first.kind == broker_kind::sim);
  CHECK(first.sim.seed == 5);
  CHECK(first.sim.delay == microseconds{20});
  CHECK(first.sim.reject_share == 0.1);
  CHECK(first.sim.lost_ack_share == 0.2);
  CHECK(first.sim.unavailable_share == 0.3);
  auto& second = e.brokers[1];
  CHECK(second.kind == broker_kind::sim);
  CHECK(second.sim.seed == 6);
  CHECK(second.sim.delay == microseconds{40});
  CHECK(second.sim.reject_share == 0.4);
  CHECK(second.sim.lost_ack_share == 0.5);
  CHECK(second.sim.unavailable_share == 1);
  CHECK(e.brokers[2].kind == broker_kind::accept);
  CHECK(e.every_tick()); // for two of them
}

TEST_CASE("a broker without a kind has that of execution.broker, which alone decides nothing") {
  auto e = execution_of(with_entries("[execution]\nbroker = \"accept\"\n"));
  for (auto& broker : e.brokers)
    CHECK(broker.kind == broker_kind::accept);
  CHECK_FALSE(e.every_tick());
  // All brokers are of another kind than the one of execution.broker.
  auto accepting = "[[execution.brokers]]\nname = \"a\"\nkind = \"accept\"\n"
                   "[execution.routing]\nprimary = \"a\"\nbackup = \"\"\n"
                   "[execution]\nsequencer = \"arrival\"\n";
  CHECK_FALSE(execution_of(accepting).every_tick());
}

TEST_CASE("by arrival, brokers of kind sim are outside, and others are not") {
  auto mixed = std::string{"[execution]\nsequencer = \"arrival\"\nbroker = \"accept\"\n"
                           "clock_interval_ms = 7\n"
                           "[[execution.brokers]]\nname = \"ctp\"\n"
                           "[[execution.brokers]]\nname = \"ib\"\nkind = \"sim\"\n"};
  auto e = execution_of(mixed + "cancel_on_disconnect = true\norders_per_second_max = 50\n");
  CHECK_FALSE(e.is_external(e.brokers[0]));
  CHECK_FALSE(e.brokers[0].cancel_on_disconnect);
  CHECK(e.brokers[0].orders_per_second_max == std::nullopt);
  CHECK(e.is_external(e.brokers[1]));
  CHECK(e.brokers[1].cancel_on_disconnect);
  CHECK(e.brokers[1].orders_per_second_max == 50);
  CHECK(e.clock_interval == std::chrono::milliseconds{7});
  e.sequencer = input_order::event_time;
  CHECK_FALSE(e.is_external(e.brokers[1]));
}

TEST_CASE("what only a broker with a session has is refused for others, and rates have bounds") {
  auto faults = faults_of("[execution]\nclock_interval_ms = 0\n"
                          "[[execution.brokers]]\nname = \"ctp\"\ncancel_on_disconnect = false\n"
                          "[[execution.brokers]]\nname = \"ib\"\norders_per_second_max = 0\n");
  REQUIRE(faults.size() == 3);
  CHECK(faults[0].find("clock_interval_ms = 0: ") != std::string::npos);
  CHECK(faults[1].find("cancel_on_disconnect = false: has no meaning for a broker without a "
                       "session; remove it, or set execution.sequencer = \"arrival\"") !=
        std::string::npos);
  CHECK(faults[2].find("orders_per_second_max = 0: ") != std::string::npos);
}

TEST_CASE("the two brokers that are there by default do not meet the same fate") {
  auto brokers = execution_of("[execution.sim]\nseed = 7\n").all_brokers();
  REQUIRE(brokers.size() == 2);
  CHECK(brokers[0].sim.seed == 7);
  CHECK(brokers[1].sim.seed == 8);
}

TEST_CASE("the time in force is one of four, for all orders") {
  for (auto t : {time_in_force::day, time_in_force::good_till_cancel,
                 time_in_force::immediate_or_cancel, time_in_force::fill_or_kill}) {
    auto text = "[execution]\ntime_in_force = \"" + std::string{to_string(t)} + "\"\n";
    CHECK(execution_of(text).order_time_in_force == t);
  }
  CHECK(faults_of("[execution]\ntime_in_force = \"gtc\"\n") ==
        texts{"FILE:2: execution.time_in_force = \"gtc\": is not known; allowed: DAY, GTC, IOC, "
              "FOK"});
}

TEST_CASE("faults of brokers are told with place, value and what is allowed") {
  auto faults = faults_of("[execution.sim]\n"          // 1
                          "unavailable_share = 1.5\n"  // 2
                          "[[execution.brokers]]\n"    // 3
                          "kind = \"fix\"\n"           // 4
                          "[[execution.brokers]]\n"    // 5
                          "name = \"a b\"\n"           // 6
                          "delay_us = 0\n"             // 7
                          "[[execution.brokers]]\n"    // 8
                          "name = \"ctp\"\n"           // 9
                          "[[execution.brokers]]\n"    // 10
                          "name = \"ctp\"\n"           // 11
                          "kind = \"accept\"\n"        // 12
                          "unavailable_share = 0.5\n"  // 13
                          "sede = 3\n"                 // 14
                          "[execution.routing]\n"      // 15
                          "primary = \"\"\n"           // 16
                          "backup = \"a/b\"\n"         // 17
                          "failover_threshold = 0\n"   // 18
                          "probe_interval_ms = 0\n"    // 19
                          "reconcile_interval_ms = -1" // 20
  );
  constexpr auto a_name = "is no name; allowed: 1 to 64 letters, digits, `_`, `-`, `.`, the first "
                          "of them a letter or digit";
  texts expected{
      "FILE:2: execution.sim.unavailable_share = 1.5: is out of range; allowed: 0 to 1",
      "FILE:3: execution.brokers.0.name: is missing; allowed: a name that no other broker has",
      "FILE:4: execution.brokers.0.kind = \"fix\": is not known; allowed: sim, accept",
      std::string{"FILE:6: execution.brokers.1.name = \"a b\": "} + a_name,
      "FILE:7: execution.brokers.1.delay_us = 0: is out of range; allowed: 1 to 60000000",
      "FILE:11: execution.brokers.3.name = \"ctp\": is the name of an earlier broker too; allowed: "
      "a name of its own",
      "FILE:13: execution.brokers.3.unavailable_share = 0.5: has no meaning for a broker of "
      "another "
      "kind than sim; remove it, or set kind = \"sim\"",
      "FILE:14: execution.brokers.3.sede = 3: unknown key; did you mean seed?",
      std::string{"FILE:16: execution.routing.primary = \"\": "} + a_name,
      std::string{"FILE:17: execution.routing.backup = \"a/b\": "} + a_name + ", or \"\" for none",
      "FILE:18: execution.routing.failover_threshold = 0: is out of range; allowed: 1 to 1000",
      "FILE:19: execution.routing.probe_interval_ms = 0: is out of range; allowed: 1 to 86400000",
      "FILE:20: execution.routing.reconcile_interval_ms = -1: is out of range; allowed: 0 to "
      "86400000",
  };
  for (std::size_t i = 0; i < std::min(faults.size(), expected.size()); ++i)
    CHECK(faults[i] == expected[i]);
  CHECK(faults.size() == expected.size());
}

TEST_CASE("with entries, the primary and the backup are among them") {
  CHECK(faults_of(with_entries("[execution.routing]\nprimary = \"x\"\nbackup = \"y\"\n")) ==
        texts{"FILE:6: execution.routing.primary = \"x\": names no entry of execution.brokers; "
              "allowed: ctp, ib",
              "FILE:7: execution.routing.backup = \"y\": names no entry of execution.brokers; "
              "allowed: ctp, ib, or \"\" for none"});
  CHECK(faults_of("[[execution.brokers]]\nname = \"a\"\n") ==
        texts{"FILE: execution.routing.primary: is \"ctp\" by default, and names no entry of "
              "execution.brokers; allowed: a",
              "FILE: execution.routing.backup: is \"ib\" by default, and names no entry of "
              "execution.brokers; allowed: a, or \"\" for none"});
  CHECK(faults_of(with_entries("[execution.routing]\nbackup = \"\"\n")) == texts{});
}

TEST_CASE("the primary is not its own backup") {
  CHECK(faults_of("[execution.routing]\nprimary = \"a\"\nbackup = \"a\"\n") ==
        texts{"FILE:3: execution.routing.backup = \"a\": \"a\" is the primary and the backup; "
              "allowed: two brokers, or backup = \"\" for none"});
  CHECK(faults_of("[execution.routing]\nprimary = \"ib\"\n") ==
        texts{"FILE:2: execution.routing.primary = \"ib\": \"ib\" is the primary and the backup; "
              "allowed: two brokers, or backup = \"\" for none"});
}

TEST_CASE("an entry may say that its broker has no replace, and not that one has that can't") {
  auto brokers = execution_of("[[execution.brokers]]\nname = \"ctp\"\nhas_replace = false\n"
                              "[[execution.brokers]]\nname = \"ib\"\nkind = \"accept\"\n")
                     .brokers;
  CHECK_FALSE(can_replace(brokers[0]));
  CHECK_FALSE(can_replace(brokers[1]));
  CHECK(faults_of("[[execution.brokers]]\nname = \"ctp\"\nkind = \"accept\"\nhas_replace = true\n"
                  "[[execution.brokers]]\nname = \"ib\"\nhas_replace = true\n") ==
        texts{"FILE:4: execution.brokers.0.has_replace = true: has no meaning for a broker that "
              "can't replace orders; remove it, or set it to false"});
}

TEST_CASE("there are at most sixteen brokers") {
  std::string text{two_entries};
  for (int i = 0; i < 14; ++i)
    text += "[[execution.brokers]]\nname = \"b" + std::to_string(i) + "\"\n";
  CHECK(faults_of(text) == texts{});
  text += "[[execution.brokers]]\nname = \"more\"\n";
  auto faults = faults_of(text);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].find("execution.brokers") != std::string::npos);
  CHECK(faults[0].find("are too many; allowed: 16") != std::string::npos);
}

TEST_CASE("hosts whose brokers differ have different configurations") {
  settings a = default_settings();
  a.execution.brokers = {{.name = "ctp"}, {.name = "ib", .sim = {.seed = 2}}};
  auto changed = [&a](auto change) {
    auto b = a;
    change(b.execution);
    return configuration_hash(a) != configuration_hash(b);
  };
  CHECK_FALSE(changed([](auto&) {}));
  CHECK_FALSE(changed([](auto& e) { e.brokers.clear(); })); // the same two
  CHECK(changed([](auto& e) { e.primary_broker = "ib"; }));
  CHECK(changed([](auto& e) { e.backup_broker = ""; }));
  CHECK(changed([](auto& e) { e.failover_threshold = 4; }));
  CHECK(changed([](auto& e) { e.broker_probe_interval = seconds{1}; }));
  CHECK(changed([](auto& e) { e.reconcile_interval = seconds{1}; }));
  CHECK(changed([](auto& e) { e.order_time_in_force = time_in_force::day; }));
  CHECK(changed([](auto& e) { e.brokers.pop_back(); }));
  CHECK(changed([](auto& e) { e.brokers[1].name = "other"; }));
  CHECK(changed([](auto& e) { e.brokers[1].kind = broker_kind::accept; }));
  CHECK(changed([](auto& e) { e.brokers[1].sim.seed = 3; }));
  CHECK(changed([](auto& e) { e.brokers[1].sim.delay = seconds{1}; }));
  CHECK(changed([](auto& e) { e.brokers[1].sim.reject_share = 1; }));
  CHECK(changed([](auto& e) { e.brokers[1].sim.lost_ack_share = 1; }));
  CHECK(changed([](auto& e) { e.brokers[1].sim.unavailable_share = 1; }));
  CHECK(changed([](auto& e) { e.brokers[1].cancel_on_disconnect = true; }));
  CHECK(changed([](auto& e) { e.brokers[1].orders_per_second_max = 9; }));
  CHECK(changed([](auto& e) { e.brokers[1].has_replace = false; }));
  CHECK(changed([](auto& e) { e.clock_interval = seconds{1}; }));
  a.execution.brokers.clear();
  CHECK(changed([](auto& e) { e.sim.unavailable_share = 1; }));
  CHECK(changed([](auto& e) { e.broker = broker_kind::accept; }));
}

} // namespace tickmesh::broker_settings_test
