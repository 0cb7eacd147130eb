// One process of a bare CAF relay, the reference for the delay from tick to order: the same number
// of processes, hops, messages, bytes and the same pace as the path, and nothing else.
//
//   relay_node sink   --announce FILE --sources N
//   relay_node calc   --announce FILE --next ADDR:PORT --forward-every N
//   relay_node source --announce FILE --next ADDR:PORT --rate N --ticks N --tick-bytes N
//
//   source(s) --ticks that are due--> calc --every Nth tick--> sink
//   source <--> peer's bounce, before calc, when the source is given a peer
//
// A source reads one line from its input and then starts: the address of its peer, or `-`. The pace
// is open: a message holds what is due, and its delay counts from when its first tick was due. The
// sink prints {"count", "p50_us", "p99_us", "max_us"} when all sources have ended; the others run
// until they are killed.
#include "perf/relay_arguments.hpp"
#include "runtime/actors/actor_system.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

/// Ticks have fallen due.
struct relay_due {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(relay_due)

namespace tickmesh {

namespace {

/// A frame's `epoch` is when its first tick was due; one without items ends a source.
link_frame make_frame(std::int64_t due_ns, std::uint32_t ticks, std::size_t bytes) {
  link_frame out;
  out.epoch = static_cast<std::uint64_t>(due_ns);
  out.items = ticks;
  out.payload.assign(bytes, 'x');
  return out;
}

caf::behavior sink(caf::event_based_actor* self, std::uint64_t sources) {
  auto delays = std::make_shared<delay_histogram>();
  auto missing = std::make_shared<std::uint64_t>(sources);
  return {[self, delays, missing](const link_frame& frame) {
    if (frame.items > 0)
      return delays->add(relay_now_ns() - static_cast<std::int64_t>(frame.epoch));
    if (--*missing > 0) return;
    print_delays(*delays);
    self->quit();
  }};
}

caf::behavior calc(caf::event_based_actor* self, const caf::actor& next, std::uint64_t every) {
  auto seen = std::make_shared<std::uint64_t>(0);
  return {[self, next, every, seen](link_frame& frame) {
    if (frame.items == 0) return self->send(next, std::move(frame));
    auto before = *seen / every;
    *seen += frame.items;
    for (auto crossed = before; crossed < *seen / every; ++crossed)
      self->send(next, make_frame(static_cast<std::int64_t>(frame.epoch), 1, relay_signal_bytes));
  }};
}

caf::behavior bounce(caf::event_based_actor* self) {
  return {[self](link_frame& frame) {
    self->send(caf::actor_cast<caf::actor>(self->current_sender()), std::move(frame));
  }};
}

struct source_options {
  caf::actor next;
  caf::actor peer; ///< null: straight to the next
  std::uint64_t rate = 0;
  std::uint64_t ticks = 0;
  std::uint64_t tick_bytes = 0;
};

struct source_state {
  static inline const char* name = "relay_source";
  source_options options;
  relay_pace pace{};
  std::uint64_t sent = 0;
};

void produce(caf::stateful_actor<source_state>* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto to = options.peer != nullptr ? options.peer : options.next;
  auto now = relay_now_ns();
  auto first = state.sent;
  while (state.sent < options.ticks && state.pace.due_ns(state.sent) <= now)
    ++state.sent;
  if (auto count = state.sent - first; count > 0)
    self->send(to, make_frame(state.pace.due_ns(first), static_cast<std::uint32_t>(count),
                              count * options.tick_bytes));
  if (state.sent == options.ticks) return self->send(to, make_frame(now, 0, 0));
  auto sleep = state.pace.sleep_ns(state.sent, now);
  self->delayed_send(self, std::chrono::nanoseconds{sleep}, relay_due{});
}

caf::behavior source(caf::stateful_actor<source_state>* self, source_options options) {
  self->state.pace.rate = options.rate;
  self->state.options = std::move(options);
  self->send(self, relay_due{});
  return {
      [self](relay_due) { produce(self); },
      // The peer has had it.
      [self](link_frame& frame) { self->send(self->state.options.next, std::move(frame)); },
  };
}

caf::actor connect(caf::actor_system& system, const std::string& address) {
  auto colon = address.rfind(':');
  if (colon == std::string::npos) stop(address + ": allowed is ADDR:PORT");
  auto port = static_cast<std::uint16_t>(std::strtoul(address.c_str() + colon + 1, nullptr, 10));
  auto found = system.middleman().remote_actor(address.substr(0, colon), port);
  if (!found) stop("cannot reach " + address + ": " + describe(found.error()));
  return *found;
}

/// Publishes an actor on a port of the system's choice and writes its address to a file.
void announce(caf::actor_system& system, const caf::actor& actor, const std::string& file) {
  auto port = system.middleman().publish(actor, 0, "127.0.0.1");
  if (!port) stop("cannot listen: " + describe(port.error()));
  write_announcement(file, *port);
}

void run_source(caf::actor_system& system, const relay_arguments& given) {
  announce(system, system.spawn(bounce), given.text("--announce"));
  source_options options;
  options.next = connect(system, given.text("--next"));
  options.rate = given.number("--rate");
  options.ticks = given.number("--ticks");
  options.tick_bytes = given.number("--tick-bytes");
  std::string peer;
  std::getline(std::cin, peer);
  if (peer != "-") options.peer = connect(system, peer);
  caf::scoped_actor main{system};
  main->wait_for(system.spawn(source, std::move(options)));
}

/// CAF as it comes, with the settings of a host.
struct bare_system_config : actor_system_config {
  bare_system_config() : actor_system_config({.scheduler = scheduler_kind::caf, .network = false}) {
    load_caf_network(*this);
    set("middleman.workers", std::size_t{0});
    set("middleman.heartbeat-interval", caf::timespan{std::chrono::milliseconds{250}});
    set("middleman.connection-timeout", caf::timespan{std::chrono::seconds{5}});
    set("middleman.enable-automatic-connections", false);
  }
};

} // namespace

} // namespace tickmesh

int main(int argc, char** argv) {
  using namespace tickmesh;
  std::string role = argc > 1 ? argv[1] : "";
  relay_arguments given{argc, argv};
  bare_system_config config;
  caf::actor_system system{config};
  caf::actor actor;
  if (role == "source") {
    run_source(system, given);
    std::_Exit(0);
  }
  if (role == "sink") {
    actor = system.spawn(sink, given.number("--sources"));
  } else if (role == "calc") {
    actor =
        system.spawn(calc, connect(system, given.text("--next")), given.number("--forward-every"));
  } else {
    stop("\"" + role + "\" is no role; allowed: sink, calc, source");
  }
  announce(system, actor, given.text("--announce"));
  caf::scoped_actor main{system};
  main->wait_for(actor);
  std::_Exit(0); // nothing is left to do, and the system would wait for its connections
}
