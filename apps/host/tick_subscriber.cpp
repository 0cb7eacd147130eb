#include "apps/host/tick_subscriber.hpp"

#include "apps/host/connect_host.hpp"
#include "apps/host/fetch_status.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/rendezvous.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace {

/// To the subscriber: end.
struct stop_wish {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stop_wish)

namespace tickmesh {

namespace {

using std::chrono::steady_clock;

const auto retry_interval = cluster_settings{}.retry_interval;
/// A control host that has answered before and is unreachable for so long is gone, and with it the
/// cluster.
const auto control_gone_after = 10 * retry_interval;

bool has_ended(const wire::Status& status) {
  return status.phase() == "STOPPING" || status.phase() == "STOPPED";
}

fault ended(const wire::Status& status) {
  return {fmt::format("the cluster is {}{}{}: the rest of the stream can't be had from it; its "
                      "tick logs have it (tickmesh ticks export)",
                      status.phase(), status.reason().empty() ? "" : ", ", status.reason())};
}

} // namespace

tick_subscriber::tick_subscriber(caf::actor_system& system) : system_(system), self_(system) {}

std::function<void()> tick_subscriber::stop() const {
  auto handle = caf::actor_cast<caf::actor>(self_);
  return [handle] { caf::anon_send(handle, stop_wish{}); };
}

result<std::optional<wire::Status>>
tick_subscriber::wait_for_view(const endpoint& control, std::chrono::milliseconds timeout,
                               std::chrono::milliseconds patience) {
  auto deadline = steady_clock::now() + patience;
  for (;;) {
    auto status = fetch_status(system_, control, {.timeout = timeout, .with_symbols = true});
    if (!status) return tl::unexpected(status.error());
    if (has_ended(*status)) return tl::unexpected(ended(*status));
    if (status->slots_size() > 0) return *status;
    if (steady_clock::now() >= deadline)
      return fail(fmt::format("the cluster at {}:{} is still {} after {}: not all of its hosts "
                              "have joined; --wait says how long to wait",
                              control.address, control.port, status->phase(),
                              format_seconds_of(patience)));
    self_->receive([this](const stop_wish&) { stopped_ = true; },
                   caf::after(retry_interval) >> [] {});
    if (stopped_) return std::nullopt;
  }
}

/// A stream for each data slot that owns a wanted symbol; for every one where all marks matter.
void tick_subscriber::make_streams(const wire::Status& view) {
  std::vector<weighted_slot> slots;
  for (auto& slot : view.slots())
    if (static_cast<role>(slot.role()) == role::data)
      slots.push_back({{role::data, static_cast<std::uint16_t>(slot.index())}, 1});
  for (auto& candidate : slots) {
    slot_stream stream;
    stream.slot = candidate.slot;
    stream.lost_at = steady_clock::now();
    for (std::size_t i = 0; i < options_.symbols.size(); ++i)
      if (owner_of(options_.symbols[i], slots) == candidate.slot) stream.symbols.push_back(i);
    if (!stream.symbols.empty() || rows_->needs_all_marks()) streams_.push_back(std::move(stream));
  }
}

/// Asks the host of a slot for its actor, and that for a subscription.
result<void> tick_subscriber::connect(slot_stream& stream, const wire::Status& status) {
  auto assignment = std::ranges::find_if(status.slots(), [&](auto& slot) {
    return static_cast<role>(slot.role()) == role::data && slot.index() == stream.slot.index;
  });
  if (assignment == status.slots().end()) return fail("the cluster has no such slot");
  auto host = std::ranges::find_if(status.hosts(),
                                   [&](auto& h) { return h.node_id() == assignment->host_id(); });
  if (host == status.hosts().end()) return fail("its host is not known");
  auto agent = connect_host(self_, {host->host(), static_cast<std::uint16_t>(host->port())},
                            "data host", options_.timeout);
  if (!agent) return fail(fmt::format("{}: {}", host->node_id(), agent.error().message));
  auto owner = find_slot(self_, *agent, stream.slot, options_.timeout);
  if (!owner)
    return fail(fmt::format("{} does not run it: {}", host->node_id(), owner.error().message));
  stream.owner = std::move(*owner);
  self_->monitor(stream.owner);
  subscribe_ticks request;
  request.slot_index = stream.slot.index;
  request.ticket = stream.ticket = ++last_ticket_;
  request.after_record = options_.skip_history && !stream.was_granted ? from_now_on : stream.record;
  for (auto symbol : stream.symbols) {
    request.symbols.push_back(options_.symbols[symbol]);
    request.first.push_back(rows_->needed(symbol).value);
  }
  request.asks_last = options_.from && !stream.was_told;
  stream.answer_due = steady_clock::now() + options_.timeout;
  self_->send(stream.owner, std::move(request));
  return {};
}

void tick_subscriber::lose(slot_stream& stream, std::string problem) {
  auto now = steady_clock::now();
  if (stream.sender != nullptr) stream.lost_at = now;
  stream.owner = stream.sender = nullptr;
  stream.next_try = now + retry_interval;
  stream.problem = std::move(problem);
}

/// Looks for the owners of the slots that have none. Fails when that has taken too long.
result<void> tick_subscriber::connect_lost() {
  std::optional<wire::Status> status;
  for (auto& stream : streams_) {
    auto now = steady_clock::now();
    if (stream.final || stream.sender != nullptr) continue;
    if (stream.owner != nullptr) {
      if (now < stream.answer_due) continue;
      lose(stream, "its owner does not answer");
    }
    if (now - stream.lost_at > options_.patience)
      return fail(fmt::format("{} was not found within {}: {}", format_slot(stream.slot),
                              format_seconds_of(options_.patience), stream.problem));
    if (now < stream.next_try) continue;
    if (!status) {
      auto fetched = fetch_status(system_, options_.control, {.timeout = options_.timeout});
      if (!fetched) {
        if (!control_lost_) control_lost_ = now;
        if (now - *control_lost_ > control_gone_after)
          return fail(fmt::format("the cluster is gone before the stream has ended: {}",
                                  fetched.error().message));
        lose(stream, fetched.error().message);
        continue;
      }
      control_lost_.reset();
      if (has_ended(*fetched)) return tl::unexpected(ended(*fetched));
      status = std::move(*fetched);
    }
    if (auto connected = connect(stream, *status); !connected)
      lose(stream, connected.error().message);
  }
  return {};
}

void tick_subscriber::take_answer(const subscription_answer& answer) {
  auto stream = std::ranges::find(streams_, answer.ticket, &slot_stream::ticket);
  if (stream == streams_.end() || stream->owner == nullptr) return;
  if (!answer.refusal.empty()) {
    if (!stream->was_granted) fault_ = fault{answer.refusal};
    return lose(*stream, answer.refusal);
  }
  stream->sender = caf::actor_cast<caf::actor>(self_->current_sender());
  self_->monitor(stream->sender);
  stream->ids = answer.symbols;
  stream->frame = 0;
  if (!std::exchange(stream->was_granted, true)) {
    stream->start_record = answer.record;
    if (options_.skip_history) stream->record = answer.record;
  }
  tell_of_waiting(*stream, answer);
  if (std::exchange(header_printed_, true)) return;
  text_ = rows_->header();
  print_text();
}

/// Says at once that nothing comes for now where the first tick that is wanted is not there yet.
void tick_subscriber::tell_of_waiting(slot_stream& stream, const subscription_answer& answer) {
  if (!options_.from || std::exchange(stream.was_told, true)) return;
  for (std::size_t i = 0; i < stream.symbols.size() && i < answer.last.size(); ++i)
    if (options_.from->value > answer.last[i])
      fmt::print(stderr,
                 "tickmesh: --from = {}: the last tick of {} so far is {}; waiting for those that "
                 "come\n",
                 options_.from->value, options_.symbols[stream.symbols[i]], answer.last[i]);
}

/// Hands on what there is to print. What can't be printed holds the senders back, too.
void tick_subscriber::print_text() {
  for (auto& note : rows_->take_notes())
    fmt::print(stderr, "tickmesh: {}\n", note);
  if (!text_.empty()) {
    if (auto printed = (*print_)(text_); !printed)
      fault_ = printed.error();
    else
      reader_gone_ = !*printed;
  }
  text_.clear();
}

result<void> tick_subscriber::take_ticks(slot_stream& stream, const subscription_frame& frame) {
  if (auto read = read_tick_frame(frame.payload, view_); !read) return read;
  // A frame holds no record from both sides of the first answer.
  if (frame.record > stream.start_record)
    for (auto symbol : stream.symbols)
      rows_->begin_live(symbol);
  for (auto& run : view_.runs) {
    auto place = std::ranges::find(stream.ids, run.symbol.value) - stream.ids.begin();
    if (static_cast<std::size_t>(place) >= stream.symbols.size())
      return fail(fmt::format("a tick of symbol {}, which was not asked for", run.symbol.value));
    auto symbol = stream.symbols[static_cast<std::size_t>(place)];
    if (auto added = rows_->add_run(symbol, run, text_); !added) return added;
  }
  stream.time_mark = std::max(stream.time_mark, view_.time_mark);
  stream.record = std::max(stream.record, frame.record);
  stream.final = view_.final;
  auto mark = std::ranges::min(streams_, {}, &slot_stream::time_mark).time_mark;
  if (mark <= advanced_to_) return {};
  advanced_to_ = mark;
  return rows_->advance(mark, text_);
}

void tick_subscriber::take_frame(subscription_frame& frame) {
  auto stream = std::ranges::find(streams_, frame.ticket, &slot_stream::ticket);
  if (stream == streams_.end() || stream->sender == nullptr || stream->final) return;
  if (frame.number != stream->frame + 1) return lose(*stream, "a frame was lost on the way");
  stream->frame = frame.number;
  if (auto taken = take_ticks(*stream, frame); !taken) {
    fault_ = fault{fmt::format("{}: {}", format_slot(stream->slot), taken.error().message)};
    return;
  }
  print_text();
  self_->send(stream->sender, subscription_ack{frame.ticket, frame.number});
}

void tick_subscriber::take_down(const caf::down_msg& down) {
  for (auto& stream : streams_) {
    auto is_it = [&](const caf::actor& a) { return a != nullptr && a.address() == down.source; };
    if (!stream.final && (is_it(stream.owner) || is_it(stream.sender)))
      lose(stream, "the connection to its owner is lost: " + describe(down.reason));
  }
}

void tick_subscriber::receive_one() {
  self_->receive([this](subscription_frame& frame) { take_frame(frame); },
                 [this](const subscription_answer& answer) { take_answer(answer); },
                 [this](const caf::down_msg& down) { take_down(down); },
                 [this](const stop_wish&) { stopped_ = true; },
                 caf::after(retry_interval) >> [] {});
}

bool tick_subscriber::is_over() const {
  return stopped_ || reader_gone_ || rows_->is_full() ||
         std::ranges::all_of(streams_, &slot_stream::final);
}

result<void> tick_subscriber::run(const tick_subscriber_options& options, const wire::Status& view,
                                  stream_rows& rows, const text_writer& print) {
  options_ = options;
  rows_ = &rows;
  print_ = &print;
  make_streams(view);
  while (!is_over()) {
    if (auto connected = connect_lost(); !connected) return connected;
    receive_one();
    if (fault_) return tl::unexpected(*fault_);
  }
  return {};
}

} // namespace tickmesh
