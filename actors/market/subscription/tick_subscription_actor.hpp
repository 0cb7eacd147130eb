// The actor that sends one subscriber the ticks it has asked for, out of the tick log's files. It
// blocks on the disk, so a process gives each a thread of its own; the tick path does no more for
// it than to say, when it asks, which records are accepted. It reads only while the subscriber has
// credit, and ends with its subscriber and with its data slot.
//
//   tick_subscription --records_wanted--> data_slot --records_accepted--> tick_subscription
//   (with its subscriber: see subscribe_ticks)
#pragma once

#include "actors/market/subscription/subscription_reader.hpp"
#include "messages/caf_types.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/links/link.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace tickmesh {

/// Everything up to `after` has been read: asks to be told when more is accepted.
struct records_wanted {
  record_number after{};
};
struct records_accepted {
  record_number number{}; ///< the last one
};

struct tick_subscription_options {
  std::filesystem::path directory; ///< of the tick log
  caf::actor slot;
  caf::actor subscriber;
  subscription_answer answer; ///< the first thing that it says
  std::vector<wanted_ticks> wanted;
  record_number after{};  ///< where to begin
  epoch run{};            ///< see subscription_reader
  bool asks_last = false; ///< the answer is to have the numbers of the last ticks
  std::uint32_t window_ticks = 0;
  std::uint32_t frame_ticks = 0; ///< about so many at most
};

struct tick_subscription_state {
  tick_subscription_options options;
  std::unique_ptr<subscription_reader> reader;
  std::unique_ptr<link_sender> link;
  record_number accepted{};
  record_number position{};
  timestamp sent_mark{};
  bool reads = false;      ///< has told itself to read on
  bool asked = false;      ///< the slot will say when there is more
  bool final_sent = false; ///< nothing is left but to be acknowledged
  const char* name = "tick_subscription";
};

/// The options for what is asked for, but for the directory and the two actors. `accepted` is the
/// last record that is.
tick_subscription_options subscription_options(const subscribe_ticks& request,
                                               std::vector<wanted_ticks> wanted,
                                               const slot_context& context, record_number accepted);

caf::behavior tick_subscription(caf::stateful_actor<tick_subscription_state>* self,
                                tick_subscription_options options);

/// How a slot starts a subscription: on a thread of its own that yields to the others, or in a test
/// that has but one.
using subscription_starter =
    std::function<caf::actor(caf::event_based_actor*, tick_subscription_options)>;
caf::actor start_detached_subscription(caf::event_based_actor* parent,
                                       tick_subscription_options options);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::records_wanted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::records_accepted)
