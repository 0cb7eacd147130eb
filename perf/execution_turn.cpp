#include "perf/execution_turn.hpp"

#include "actors/execution/events/operator_codec.hpp"
#include "perf/slot_host.hpp"
#include "runtime/telemetry/machine.hpp"

#include <ctime>

namespace {

struct begin_load {};
struct end_load {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(begin_load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(end_load)

namespace tickmesh {

namespace {

// ---- Under load ----

struct prepared_frames {
  std::vector<link_frame> ticks, signals; ///< as many of the one as of the other
};

std::shared_ptr<prepared_frames> prepare_frames(std::uint64_t signals) {
  auto prepared = std::make_shared<prepared_frames>();
  auto& out = *prepared;
  trading_load load;
  auto now = host_clock::system()->control_ns();
  for (std::uint64_t sent = 0; sent < signals; sent += frame_items) {
    out.ticks.push_back(load.next_ticks(frame_items));
    out.signals.push_back(load.next_signals(frame_items, now));
  }
  out.ticks.push_back(load.end_of_ticks());
  out.signals.push_back(load.end_of_signals());
  return prepared;
}

struct calc_player_state {
  std::shared_ptr<prepared_frames> frames;
  caf::actor slot;
  caf::actor data;
  std::size_t sent = 0;
  link_sender link{trading_load::since, host_settings{}.link_window_items};
  double cpu_us_at_begin = 0;
  const char* name = "calc_player";
};

double thread_cpu_us() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) * 1e-3;
}

/// Sends what the link has credit for.
void send_frames(caf::stateful_actor<calc_player_state>* self) {
  auto& state = self->state;
  for (; state.sent < state.frames->signals.size() && state.link.has_credit(); ++state.sent) {
    auto& frame = state.frames->signals[state.sent];
    state.link.send(frame.number, frame.items);
    caf::send_as(state.data, state.slot, std::move(state.frames->ticks[state.sent]));
    self->send(state.slot, std::move(frame));
  }
}

/// The calculation slot, which sends for the data slot, too: each frame behind the one with its
/// ticks.
caf::behavior calc_player(caf::stateful_actor<calc_player_state>* self, const caf::actor& slot,
                          const caf::actor& data, const std::shared_ptr<prepared_frames>& frames) {
  auto& state = self->state;
  state.slot = slot;
  state.data = data;
  state.frames = frames;
  state.link.resume(state.link.since(), 0, {}); // the slot has nothing yet
  return {
      [self](begin_load) {
        self->state.cpu_us_at_begin = thread_cpu_us();
        send_frames(self);
      },
      [self](end_load) { return thread_cpu_us() - self->state.cpu_us_at_begin; },
      [self](const link_ack& ack) {
        take(self->state.link.acknowledge(epoch{ack.epoch}, ack.number));
        send_frames(self);
      },
  };
}

} // namespace

load_result run_load(caf::actor_system& system, const fs::path& directory,
                     execution_settings settings, std::uint64_t signals) {
  slot_host host{system, directory, std::move(settings)};
  auto player =
      system.spawn(calc_player, host.slot(), system.spawn(data_player), prepare_frames(signals));
  auto begin = steady::now();
  auto cpu = cpu_seconds();
  caf::anon_send(player, begin_load{});
  auto report = host.wait_until_finished();
  auto seconds = std::chrono::duration<double>(steady::now() - begin).count();
  std::uint64_t verdicts = 0;
  for (auto name : verdict_names)
    verdicts += report.counts["orders/" + std::string{name}];
  if (verdicts < signals) stop(fmt::format("{} verdicts on {} signals", verdicts, signals));
  auto count = static_cast<double>(verdicts);
  auto approved = report.counts["orders/" + std::string{to_string(verdict::approved)}];
  load_result out{count / seconds, static_cast<double>(approved) / count,
                  (cpu_seconds() - cpu) * 1e6 / count};
  caf::scoped_actor self{system};
  self->request(player, finish_timeout, end_load{})
      .receive([&](double cpu_us) { out.thread_cpu_us_per_verdict = cpu_us / count; },
               [](const caf::error& error) { stop(describe(error)); });
  return out;
}

// ---- Halts ----

namespace {

/// The slot's answer; false when it has come to its end.
bool command(caf::scoped_actor& self, const caf::actor& slot, trading_mode mode) {
  wire::OperatorRequest request;
  write_operator_command(
      {.who = "benchmark", .reason = "drill", .action = trading_switch{.mode = mode}},
      *request.mutable_command());
  bool is_done = false;
  self->request(slot, finish_timeout, operator_bytes{request.SerializeAsString()})
      .receive(
          [&](const operator_bytes& bytes) {
            wire::OperatorAnswer answer;
            is_done = answer.ParseFromString(bytes.bytes) && answer.is_done();
          },
          [](const caf::error& error) { stop(describe(error)); });
  return is_done;
}

} // namespace

std::vector<double> run_halts(caf::actor_system& system, const fs::path& directory,
                              execution_settings settings, std::uint64_t signals,
                              std::size_t halts_min) {
  slot_host host{system, directory, std::move(settings)};
  auto player =
      system.spawn(calc_player, host.slot(), system.spawn(data_player), prepare_frames(signals));
  caf::anon_send(player, begin_load{});
  caf::scoped_actor self{system};
  std::vector<double> out;
  for (;;) {
    auto begin = steady::now();
    if (!command(self, host.slot(), trading_mode::halted)) break;
    out.push_back(std::chrono::duration<double, std::milli>(steady::now() - begin).count());
    if (!command(self, host.slot(), trading_mode::active)) break;
  }
  host.wait_until_finished();
  if (out.size() < halts_min)
    stop(fmt::format("{} halts until the load ended; at least {} are needed", out.size(),
                     halts_min));
  return out;
}

execution_settings benchmark_settings(log_durability durability, input_order order) {
  execution_settings out;
  out.limits = every_rule();
  out.limit_scopes = every_scope();
  out.journal.durability = durability;
  out.sequencer = order;
  out.broker = order == input_order::arrival ? broker_kind::accept : broker_kind::sim;
  return out;
}

} // namespace tickmesh
