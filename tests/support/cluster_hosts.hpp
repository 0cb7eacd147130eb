// Hosts to join, and effects as text, for the tests of the coordinator's state machine.
#pragma once

#include "actors/control/cluster/cluster_state.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tickmesh {

using texts = std::vector<std::string>;

inline constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    exec0{role::exec, 0};

/// What the present owner of the slot says, by the view that is out.
inline slot_claim claim(const cluster_state& state, slot_name slot) {
  auto assignment = state.view() ? state.view()->find(slot) : nullptr;
  return assignment ? slot_claim{slot, assignment->host_id, assignment->since}
                    : slot_claim{slot, {}, {}};
}

/// What a host that keeps a replica says, by the view that is out.
inline slot_claim replica_claim(const cluster_state& state, slot_name slot,
                                const std::string& host_id) {
  slot_claim out{slot, host_id, {}};
  if (auto assignment = state.view() ? state.view()->find(slot) : nullptr)
    for (auto& replica : assignment->replicas)
      if (replica.host_id == host_id) out.since = replica.since;
  return out;
}

/// What the owner says of a replica that the view shows.
inline cluster_effects say(cluster_state& state, slot_name slot, const std::string& replica,
                           bool in_sync) {
  for (auto& r : state.view()->find(slot)->replicas)
    if (r.host_id == replica)
      return state.replica_state(claim(state, slot), {replica, in_sync, r.since});
  return state.replica_state(claim(state, slot), {replica, in_sync, state.view()->number});
}

/// One word per effect, its host and text behind it.
struct effect_text {
  std::string operator()(const effect::accept_join& e) { return "accept " + e.host_id; }
  std::string operator()(const effect::refuse_join& e) {
    return "refuse " + e.host_id + ": " + e.message;
  }
  std::string operator()(const effect::persist_epoch& e) {
    return fmt::format("persist {} of {}", e.value.number.value, e.value.cluster_id);
  }
  std::string operator()(const effect::publish_view& e) {
    auto out = fmt::format("view {}:", e.view.number.value);
    for (auto& s : e.view.slots) {
      out += " " + format_slot(s.slot) + "=" + s.host_id;
      for (auto& r : s.replicas)
        out += (r.in_sync ? "+" : "-") + r.host_id;
    }
    return out;
  }
  std::string operator()(const effect::start_feeds& e) {
    return "start feeds" + (e.slot ? " of " + format_slot(*e.slot) : "");
  }
  std::string operator()(const effect::stop_feeds& e) {
    return "stop feeds" + (e.slot ? " of " + format_slot(*e.slot) : "") + ": " + e.reason;
  }
  std::string operator()(const effect::reattach_host& e) { return "reattach " + e.host_id; }
  std::string operator()(const effect::send_view& e) { return "view to " + e.host_id; }
  std::string operator()(const effect::slot_moved& e) { return "moved: " + e.reason; }
  std::string operator()(const effect::slot_given_up& e) { return "given up: " + e.reason; }
  std::string operator()(const effect::host_given_up& e) { return "without " + e.reason; }
  std::string operator()(const effect::stop_host& e) {
    return "stop " + e.host_id + (e.failed ? " at once: " : ": ") + e.reason;
  }
  std::string operator()(const effect::answer_failover& e) {
    return (e.is_done ? "done: " : "refused: ") + e.text;
  }
  std::string operator()(const effect::cluster_finished& e) {
    return fmt::format("finished {}: {}", e.exit_code, e.reason);
  }
};

inline texts to_texts(const cluster_effects& effects) {
  texts out;
  for (auto& e : effects)
    out.push_back(std::visit(effect_text{}, e));
  return out;
}

/// Of the process `incarnation`; of 0, which never says so, no two are the same.
inline host_join make_join(const std::string& id, std::set<role> roles,
                           std::uint64_t incarnation = 0) {
  host_join out;
  out.host_id = id;
  out.roles = std::move(roles);
  out.address = {"127.0.0.1", 4000};
  out.cluster_name = "test";
  out.schema_hash = 0xabc;
  out.build_id = "b1";
  out.incarnation = incarnation;
  if (out.roles.contains(role::data)) {
    out.symbols = {"ru1901", "AP101"};
    out.source_fingerprint = 7;
  }
  return out;
}

inline cluster_state_options test_options(std::uint16_t data_slots = 1) {
  cluster_state_options out;
  out.settings.name = "test";
  out.settings.data_slots = data_slots;
  out.fresh_cluster_id = "fresh";
  out.schema_hash = 0xabc;
  out.build_id = "b1";
  return out;
}

/// d, c and e hold a slot each.
inline cluster_state starting() {
  cluster_state state{test_options()};
  state.join(make_join("d", {role::data}));
  state.join(make_join("c", {role::calc}));
  state.join(make_join("e", {role::exec}));
  REQUIRE(state.phase() == cluster_phase::starting);
  return state;
}

inline cluster_state running() {
  auto state = starting();
  state.epoch_persisted(epoch{1});
  for (auto slot : {data0, calc0, exec0})
    state.slot_ready(claim(state, slot));
  REQUIRE(state.phase() == cluster_phase::running);
  return state;
}

/// The epoch is stored, and once more where a slot has moved meanwhile; the view that follows.
inline texts store(cluster_state& state, epoch number) {
  auto next = state.epoch_persisted(number);
  bool is_again = !next.empty() && std::holds_alternative<effect::persist_epoch>(next.front());
  return is_again ? store(state, number) : to_texts(next);
}

/// Answers persist_epoch if it is among the effects; the view that follows.
inline texts publish(cluster_state& state, const cluster_effects& effects) {
  for (auto& e : effects)
    if (auto persist = std::get_if<effect::persist_epoch>(&e))
      return store(state, persist->value.number);
  return {"nothing to publish"};
}

/// As many data hosts d1, d2, ... as data slots, with c and e, at the first view.
inline cluster_state starting_replicated(std::uint16_t data_hosts, std::uint16_t copies = 2,
                                         std::uint64_t incarnation = 0) {
  auto options = test_options(data_hosts);
  options.settings.data_replication = copies;
  cluster_state state{options};
  for (int i = 1; i <= data_hosts; ++i)
    state.join(make_join(fmt::format("d{}", i), {role::data}, incarnation));
  state.join(make_join("c", {role::calc}, incarnation));
  publish(state, state.join(make_join("e", {role::exec, role::control}, incarnation)));
  REQUIRE(state.view());
  return state;
}

/// Lets every owner say that all its replicas are in sync, and publishes that.
inline texts bring_in_sync(cluster_state& state) {
  cluster_effects said;
  auto view = *state.view();
  for (auto& s : view.slots)
    for (auto& r : s.replicas)
      for (auto& e : say(state, s.slot, r.host_id, true))
        said.push_back(e);
  return publish(state, said);
}

/// All replicas in sync, all slots ready.
inline cluster_state running_replicated(std::uint16_t data_hosts, std::uint16_t copies = 2,
                                        std::uint64_t incarnation = 0) {
  auto state = starting_replicated(data_hosts, copies, incarnation);
  bring_in_sync(state);
  for (auto& s : state.view()->slots)
    state.slot_ready(claim(state, s.slot));
  REQUIRE(state.phase() == cluster_phase::running);
  return state;
}

/// What the registry shows of a host.
inline registry_row row_of(const cluster_state& state, const std::string& id) {
  for (auto& row : state.registry())
    if (row.node_id == id) return row;
  return {};
}

inline std::string status(const cluster_state& state, const std::string& id) {
  auto row = row_of(state, id);
  return row.node_id.empty() ? "no row" : std::string{to_string(row.status)};
}

/// Lets `duration` pass in steps of a ping interval while every host but `silent` answers.
inline texts pass(cluster_state& state, nanoseconds& now, nanoseconds duration, texts silent = {}) {
  texts out;
  for (auto end = now + duration; now < end;) {
    now += std::chrono::milliseconds{500};
    for (auto& row : state.registry())
      if (std::ranges::find(silent, row.node_id) == silent.end()) state.pong(row.node_id, {});
    for (auto& text : to_texts(state.advance(now)))
      out.push_back(text);
  }
  return out;
}

} // namespace tickmesh
