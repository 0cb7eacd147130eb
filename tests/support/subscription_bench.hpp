// A data slot among peers that take all they are sent, and subscribers to it. For tests of
// subscriptions.
#pragma once

#include "actors/market/slot/data_slot_actor.hpp"

#include "messages/tick_codec.hpp"
#include "runtime/cluster/rendezvous.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tickmesh::subscriptions {

/// To a test_subscriber: send this; acknowledge all, and each frame from now on.
struct ask_slot {
  caf::actor slot;
  subscribe_ticks request;
};
struct acknowledge_frames {};

} // namespace tickmesh::subscriptions

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::subscriptions::ask_slot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::subscriptions::acknowledge_frames)

namespace tickmesh::subscriptions {

inline constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    exec0{role::exec, 0};
inline constexpr std::uint32_t symbol_count = 6;
inline constexpr std::uint32_t window_items = 64;
inline constexpr std::uint32_t round_ticks_max = 16;
/// Credit is looked at before a frame is read, which holds about a round, and at most two.
inline constexpr std::uint64_t in_flight_items_max = window_items - 1 + 2 * round_ticks_max;
inline constexpr std::chrono::milliseconds linger{1000};

inline std::shared_ptr<const memory_source> source() {
  static const auto out = [] {
    auto records = make_small_market(symbol_count, 900, 3);
    for (std::size_t i = 25; i < records.size(); i += 50)
      records[i].volume = quantity{-1};
    return std::make_shared<const memory_source>(small_market_symbols(symbol_count), records);
  }();
  return out;
}

inline const cleaned_source& expected() {
  static const auto out = clean_all(*source(), small_market_instruments());
  return out;
}

struct received_subscription {
  std::vector<subscription_answer> answers;
  std::vector<subscription_frame> frames;
  caf::actor sender;

  std::uint64_t items() const {
    std::uint64_t out = 0;
    for (auto& frame : frames)
      out += frame.items;
    return out;
  }
  /// All ticks by symbol; checks what frames promise.
  std::map<symbol_id, std::vector<tick>> ticks() const {
    std::map<symbol_id, std::vector<tick>> out;
    timestamp mark{};
    std::uint64_t number = 0, record = 0;
    for (auto& bytes : frames) {
      CHECK(bytes.number == ++number);
      CHECK(bytes.record >= record);
      record = bytes.record;
      auto frame = decode_tick_frame(bytes.payload).value();
      CHECK(frame.ticks.size() == bytes.items);
      CHECK(frame.time_mark >= mark);
      for (auto& t : frame.ticks) {
        CHECK(t.effective_time >= mark);
        out[t.symbol].push_back(t);
      }
      mark = frame.time_mark;
    }
    return out;
  }
  bool is_final() const {
    return !frames.empty() && decode_tick_frame(frames.back().payload).value().final;
  }
};

struct test_subscriber_state {
  bool acknowledges = false;
  const char* name = "test_subscriber";
};

inline caf::behavior test_subscriber(caf::stateful_actor<test_subscriber_state>* self,
                                     std::shared_ptr<received_subscription> received,
                                     bool acknowledges) {
  self->state.acknowledges = acknowledges;
  auto acknowledge = [self, received](const subscription_frame& frame) {
    self->send(received->sender, subscription_ack{frame.ticket, frame.number});
  };
  return {
      [self](const ask_slot& ask) { self->send(ask.slot, ask.request); },
      [self, received](const subscription_answer& answer) {
        received->answers.push_back(answer);
        received->sender = caf::actor_cast<caf::actor>(self->current_sender());
      },
      [self, received, acknowledge](const subscription_frame& frame) {
        received->frames.push_back(frame);
        if (self->state.acknowledges) acknowledge(frame);
      },
      [self, received, acknowledge](acknowledge_frames) {
        self->state.acknowledges = true;
        if (!received->frames.empty()) acknowledge(received->frames.back());
      },
  };
}

inline caf::actor start_subscription_here(caf::event_based_actor* parent,
                                          tick_subscription_options options) {
  return parent->spawn(tick_subscription, std::move(options));
}

/// A data slot among peers that take all they are sent.
class bench {
public:
  struct tuning {
    std::vector<slot_name> data_slots{data0};
    std::vector<replica_assignment> replicas{};
    std::uint32_t subscriptions_max = 16;
    bool has_started = true; ///< with all its streams
  };

  explicit bench(std::uint64_t seed) : bench(seed, tuning{}) {}
  bench(std::uint64_t seed, tuning given) : fixture(seed) {
    view = std::make_shared<cluster_view>();
    view->number = view->formed = small_market_epoch;
    for (auto name : given.data_slots)
      view->slots.push_back({name, "host", small_market_epoch, given.replicas});
    for (auto name : {calc0, exec0})
      view->slots.push_back({name, "host", small_market_epoch});
    view->symbols = source()->symbols().names();
    auto host = std::make_shared<host_settings>();
    host->link_window_items = window_items;
    host->round_ticks_max = round_ticks_max;
    host->state_dir = state.path().string();
    data_slot_options options;
    options.context = {data0,
                       view,
                       host,
                       fixture.make_clock(),
                       fixture.spawn(agent_recorder, events),
                       fixture.spawn(memory_writer, files),
                       small_market_epoch};
    options.source = source();
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.log.subscriptions_max = given.subscriptions_max;
    options.log.subscription_linger = linger;
    options.start_keeper = start_keeper_here;
    options.start_subscription = start_subscription_here;
    slot = fixture.spawn(data_slot, options);
    link_peers peers;
    for (auto name : {calc0, exec0}) {
      links[name] = std::make_shared<received_frames>();
      peers.peers[name] = fixture.spawn(link_sink, name, links[name], true);
    }
    caf::anon_send(slot, peers);
    if (given.has_started) fixture.run();
  }

  struct subscriber {
    caf::actor handle;
    std::shared_ptr<received_subscription> received;
    const std::string& refusal() const { return received->answers.at(0).refusal; }
  };

  /// Asks for symbols, all from the same number on.
  subscriber subscribe(const std::vector<std::string>& symbols, std::uint64_t first = 1,
                       std::uint64_t after_record = 0, bool acknowledges = true) {
    auto received = std::make_shared<received_subscription>();
    subscribe_ticks request;
    request.ticket = ++tickets;
    request.symbols = symbols;
    request.first.assign(symbols.size(), first);
    request.after_record = after_record;
    auto handle = fixture.spawn(test_subscriber, received, acknowledges);
    caf::anon_send(handle, ask_slot{slot, request});
    return {handle, received};
  }

  void start() { caf::anon_send(slot, start_feeds{}); }

  temporary_directory state;
  actor_system_fixture fixture;
  std::shared_ptr<cluster_view> view;
  std::shared_ptr<slot_events> events = std::make_shared<slot_events>();
  std::shared_ptr<written_files> files = std::make_shared<written_files>();
  std::map<slot_name, std::shared_ptr<received_frames>> links;
  caf::actor slot;
  std::uint64_t tickets = 0;
};

/// Those of the symbols, from a number on.
inline std::map<symbol_id, std::vector<tick>> ticks_from(const std::vector<std::uint32_t>& symbols,
                                                         std::uint64_t first) {
  std::map<symbol_id, std::vector<tick>> out;
  for (auto symbol : symbols)
    for (auto& t : expected().ticks.at(symbol_id{symbol}))
      if (t.number.value >= first) out[symbol_id{symbol}].push_back(t);
  return out;
}

} // namespace tickmesh::subscriptions
