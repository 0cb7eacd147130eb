// One signal at a time.
#include "actors/execution/journal/journal_reader.hpp"
#include "actors/execution/venues/accept_venue.hpp"
#include "perf/slot_host.hpp"

#include <fcntl.h>

namespace {

struct begin_samples {};
struct next_signal {};
struct next_bare_sample {};
struct bare_request {};
struct bare_answer {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(begin_samples)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(next_signal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(next_bare_sample)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bare_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bare_answer)

namespace tickmesh {

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
  void request_cancel(const cancel_request& request, timestamp now) override {
    broker_.request_cancel(request, now);
  }
  void request_replace(const replace_request& request, timestamp now) override {
    broker_.request_replace(request, now);
  }
  void query(const status_query& request, timestamp now) override { broker_.query(request, now); }
  void probe(timestamp now) override { broker_.probe(now); }
  void request_snapshot(timestamp now) override { broker_.request_snapshot(now); }
  void request_executions(timestamp since, timestamp now) override {
    broker_.request_executions(since, now);
  }
  void on_mark(const market_mark& mark) override { broker_.on_mark(mark); }
  std::optional<timestamp> next_time() const override { return broker_.next_time(); }
  std::optional<venue_news> take_next() override { return broker_.take_next(); }

private:
  accept_venue broker_;
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
      [self](begin_samples) {
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
                          log_durability durability, std::uint32_t samples, std::size_t floor_bytes,
                          bool behind_ticks) {
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
  caf::anon_send(system.spawn(sampler, options), begin_samples{});
  host.wait_until_finished();
  if (orders->size() != samples)
    stop(fmt::format("{} orders on {} signals", orders->size(), samples));
  std::vector<double> us;
  for (std::size_t i = 0; i < samples; ++i)
    us.push_back(us_between((*options.signals)[i], (*orders)[i]));
  return {median(us), median(*options.bare_us), quantile(us, 0.99),
          signal_record_bytes(host.journal())};
}

} // namespace tickmesh
