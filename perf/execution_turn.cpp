#include "perf/execution_turn.hpp"

#include "actors/execution/accept_broker.hpp"
#include "actors/execution/exec_slot.hpp"
#include "actors/execution/journal/journal_reader.hpp"
#include "actors/execution/operator_codec.hpp"
#include "actors/execution/trading_csv.hpp"
#include "perf/trading_load.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/machine.hpp"
#include "runtime/row_writer.hpp"

#include <fcntl.h>

#include <ctime>
#include <map>
#include <memory>

namespace {

struct begin_load {};
struct end_load {};
struct next_signal {};
struct next_bare_sample {};
struct bare_request {};
struct bare_answer {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(begin_load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(end_load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(next_signal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(next_bare_sample)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bare_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bare_answer)

namespace tickmesh {

namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

constexpr slot_name own_slot{role::exec, 0};
constexpr std::uint32_t frame_items = 64;
constexpr auto sample_pause = std::chrono::milliseconds{2};
constexpr auto finish_timeout = std::chrono::minutes{2};

/// An execution slot and what surrounds it on a host; the caller is its host agent.
class slot_host {
public:
  slot_host(caf::actor_system& system, const fs::path& state_dir, execution_settings settings,
            venue_maker start_venue = make_venue)
      : agent_(system), state_dir_(state_dir) {
    auto view = std::make_shared<cluster_view>();
    view->number = trading_load::since;
    for (auto upstream : {trading_load::data, trading_load::calc})
      view->slots.push_back({upstream, host_.id, trading_load::since});
    view->slots.push_back({own_slot, host_.id});
    view->symbols = load_symbol_names();
    host_.state_dir = state_dir.string();
    std::map<std::string, std::string> headers{{"orders", std::string{order_columns}},
                                               {"fills", std::string{fill_columns}},
                                               {"positions", std::string{position_columns}}};
    auto files = take(row_files::create((state_dir / "results").string(), headers));
    writer_ = system.spawn<caf::detached>(row_writer, std::shared_ptr<row_files>{std::move(files)});
    exec_slot_options options;
    options.context = {
        own_slot, view,   std::make_shared<const host_settings>(host_), host_clock::system(),
        agent_,   writer_};
    options.instruments = std::make_shared<const instrument_table>(load_instruments());
    options.settings = std::move(settings);
    options.start_venue = std::move(start_venue);
    options.strategies = load_strategy_names();
    slot_ = system.spawn(exec_slot, std::move(options));
    bool ready = false;
    wait([&ready](const slot_ready&) { ready = true; });
    if (!ready) stop("the slot did not start");
  }
  slot_host(const slot_host&) = delete;
  slot_host& operator=(const slot_host&) = delete;
  ~slot_host() {
    for (auto& actor : {slot_, writer_})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    agent_->wait_for(slot_, writer_);
    std::error_code ignored;
    fs::remove_all(state_dir_, ignored);
  }

  const caf::actor& slot() const { return slot_; }
  fs::path journal() const { return state_dir_ / host_.id / "journal" / "exec-0"; }

  slot_report wait_until_finished() {
    slot_report out;
    bool finished = false;
    wait([&](const slot_finished& end) {
      out = end.report;
      finished = true;
    });
    if (!finished) stop("the slot did not finish");
    return out;
  }

private:
  template <class Handler>
  void wait(Handler handler) {
    agent_->receive(
        handler, [](const slot_failed& failed) { stop(failed.reason); },
        caf::after(finish_timeout) >> [] {});
  }

  caf::scoped_actor agent_;
  fs::path state_dir_;
  host_settings host_;
  caf::actor writer_;
  caf::actor slot_;
};

/// The data slot: all that it is sent are acknowledgements, which follow those of the signals.
caf::behavior data_player(caf::event_based_actor*) {
  return {[](const link_ack&) {}};
}

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

// ---- One signal at a time ----

namespace {

using moments = std::vector<steady::time_point>;

double us_between(steady::time_point begin, steady::time_point end) {
  return std::chrono::duration<double, std::micro>(end - begin).count();
}

/// The broker `accept`, which takes note of when each order comes.
class noting_broker final : public order_venue {
public:
  explicit noting_broker(std::shared_ptr<moments> orders) : orders_(std::move(orders)) {}

  void submit(const order_request& request, timestamp now) override {
    orders_->push_back(steady::now());
    broker_.submit(request, now);
  }
  void request_cancel(order_id id, timestamp now) override { broker_.request_cancel(id, now); }
  void request_replace(const replace_request& request, timestamp now) override {
    broker_.request_replace(request, now);
  }
  void query(order_id id, timestamp now) override { broker_.query(id, now); }
  void probe(timestamp now) override { broker_.probe(now); }
  void request_snapshot(timestamp now) override { broker_.request_snapshot(now); }
  void on_mark(const market_mark& mark) override { broker_.on_mark(mark); }
  std::optional<timestamp> next_time() const override { return broker_.next_time(); }
  std::optional<venue_news> take_next() override { return broker_.take_next(); }

private:
  accept_broker broker_;
  std::shared_ptr<moments> orders_;
};

struct sample_options {
  caf::actor slot;
  caf::actor data;
  caf::actor bare;
  std::uint32_t samples = 0;
  bool behind_ticks = false;       ///< each signal comes right behind a tick
  std::shared_ptr<log_file> floor; ///< null: the request alone is measured
  std::size_t bytes = 0;           ///< of a write to it
  std::shared_ptr<std::vector<double>> bare_us;
  std::shared_ptr<moments> signals; ///< when their frames are handed to the slot
};

struct sampler_state {
  sample_options options;
  trading_load load;
  std::string bytes;
  std::uint32_t sent = 0;
  bool ended = false;
  const char* name = "sampler";
};

using sampler_actor = caf::stateful_actor<sampler_state>;

void send_signal(sampler_actor* self) {
  auto& state = self->state;
  ++state.sent;
  if (state.options.behind_ticks)
    caf::send_as(state.options.data, state.options.slot, state.load.next_ticks(1));
  auto frame = state.load.next_signals(1, host_clock::system()->control_ns());
  state.options.signals->push_back(steady::now());
  self->send(state.options.slot, std::move(frame));
}

void end_links(sampler_actor* self) {
  auto& state = self->state;
  state.ended = true;
  caf::send_as(state.options.data, state.options.slot, state.load.end_of_ticks());
  self->send(state.options.slot, state.load.end_of_signals());
}

void take_bare_sample(sampler_actor* self) {
  auto& options = self->state.options;
  auto begin = steady::now();
  self->request(options.bare, caf::infinite, bare_request{}).then([self, begin](bare_answer) {
    auto& state = self->state;
    auto& out = *state.options.bare_us;
    if (auto& file = state.options.floor) {
      take(file->write(state.bytes, out.size() * state.bytes.size()));
      take(file->sync_data());
    }
    out.push_back(us_between(begin, steady::now()));
    if (state.sent < state.options.samples)
      self->delayed_send(self, sample_pause, next_signal{});
    else
      end_links(self);
  });
}

/// The calculation slot, as it sends one signal at a time; in turns with that, the bare request.
caf::behavior sampler(sampler_actor* self, sample_options given) {
  auto& state = self->state;
  state.options = std::move(given);
  state.bytes.assign(state.options.bytes, 'x');
  return {
      [self](begin_load) {
        auto& options = self->state.options;
        caf::send_as(options.data, options.slot, self->state.load.next_ticks(options.samples));
        self->delayed_send(self, sample_pause, next_signal{});
      },
      [self](next_signal) { send_signal(self); },
      [self](const link_ack&) {
        if (!self->state.ended) self->delayed_send(self, sample_pause, next_bare_sample{});
      },
      [self](next_bare_sample) { take_bare_sample(self); },
  };
}

caf::behavior bare_actor(caf::event_based_actor*) {
  return {[](bare_request) { return bare_answer{}; }};
}

/// Bytes of the first record behind the marks, which holds one signal.
std::size_t signal_record_bytes(const fs::path& journal) {
  journal_reader reader{journal};
  for (;;) {
    auto* record = take(reader.next());
    if (record == nullptr) stop("no signal is in the journal");
    if (record->events == 1) return journal_record_bytes(record->payload.size());
  }
}

} // namespace

sample_result run_samples(caf::actor_system& system, const fs::path& directory,
                          journal_durability durability, std::uint32_t samples,
                          std::size_t floor_bytes, bool behind_ticks) {
  auto orders = std::make_shared<moments>();
  slot_host host{system, directory, benchmark_settings(durability, input_order::arrival),
                 [orders](auto&) { return std::make_unique<noting_broker>(orders); }};
  sample_options options{.slot = host.slot(),
                         .data = system.spawn(data_player),
                         .bare = system.spawn(bare_actor),
                         .samples = samples,
                         .behind_ticks = behind_ticks,
                         .floor = nullptr,
                         .bytes = floor_bytes,
                         .bare_us = std::make_shared<std::vector<double>>(),
                         .signals = std::make_shared<moments>()};
  if (floor_bytes > 0)
    options.floor = std::make_shared<log_file>(
        take(log_file::open(posix_file_system(), directory / "floor", O_RDWR | O_CREAT | O_TRUNC)));
  caf::anon_send(system.spawn(sampler, options), begin_load{});
  host.wait_until_finished();
  if (orders->size() != samples)
    stop(fmt::format("{} orders on {} signals", orders->size(), samples));
  std::vector<double> us;
  for (std::size_t i = 0; i < samples; ++i)
    us.push_back(us_between((*options.signals)[i], (*orders)[i]));
  return {median(us), median(*options.bare_us), quantile(us, 0.99),
          signal_record_bytes(host.journal())};
}

execution_settings benchmark_settings(journal_durability durability, input_order order) {
  execution_settings out;
  out.limits = every_rule();
  out.limit_scopes = every_scope();
  out.journal.durability = durability;
  out.sequencer = order;
  out.broker = order == input_order::arrival ? broker_kind::accept : broker_kind::sim;
  return out;
}

} // namespace tickmesh
