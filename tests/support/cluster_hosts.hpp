// Hosts to join, and effects as text, for the tests of the coordinator's state machine.
#pragma once

#include "actors/control/cluster_state.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tickmesh {

using texts = std::vector<std::string>;

inline constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    exec0{role::exec, 0};

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
    for (auto& s : e.view.slots)
      out += " " + format_slot(s.slot) + "=" + s.host_id;
    return out;
  }
  std::string operator()(const effect::start_feeds&) { return "start feeds"; }
  std::string operator()(const effect::stop_feeds& e) { return "stop feeds: " + e.reason; }
  std::string operator()(const effect::stop_host& e) {
    return "stop " + e.host_id + (e.failed ? " at once: " : ": ") + e.reason;
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

inline host_join make_join(const std::string& id, std::set<role> roles) {
  host_join out;
  out.host_id = id;
  out.roles = std::move(roles);
  out.address = {"127.0.0.1", 4000};
  out.cluster_name = "test";
  out.schema_hash = 0xabc;
  out.build_id = "b1";
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
    state.slot_ready(slot);
  REQUIRE(state.phase() == cluster_phase::running);
  return state;
}

inline std::string status(const cluster_state& state, const std::string& id) {
  for (auto& row : state.registry())
    if (row.node_id == id) return std::string{to_string(row.status)};
  return "no row";
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
