// Signals to and from calc.proto.
#pragma once

#include "messages/result.hpp"
#include "messages/signal.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

namespace wire {
class Signal;
}

/// Sets every field of `out`, whose memory is used again.
void write_signal(const signal& s, wire::Signal& out);
/// Fails on strategies and directions that their types do not have.
result<signal> read_signal(const wire::Signal& from);

/// A decoded SignalFrame.
struct signal_frame {
  std::vector<signal> signals;
  timestamp time_mark{};
  bool final = false;
};

std::string encode_signal_frame(std::span<const signal> signals, timestamp time_mark, bool final);

/// Fails on bytes that are not a SignalFrame, on directions other than +1 and -1, and on strategies
/// out of range.
result<signal_frame> decode_signal_frame(std::string_view bytes);

} // namespace tickmesh
