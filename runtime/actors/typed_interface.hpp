// How an actor's typed interface names the messages that the actor takes. What they are called in
// CAF 0.17 is known here alone.
//
//   using broker_gateway_actor = caf::typed_actor<takes<open_session>, takes<gateway_work>>;
#pragma once

#include <caf/replies_to.hpp>

namespace tickmesh {

/// A message that gets no answer.
template <class Message>
using takes = caf::reacts_to<Message>;

} // namespace tickmesh
