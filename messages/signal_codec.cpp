#include "messages/signal_codec.hpp"

#include "messages/proto/calc.pb.h"

#include <fmt/format.h>

namespace tickmesh {

void write_signal(const signal& s, wire::Signal& out) {
  out.set_symbol(s.name.symbol.value);
  out.set_strategy(s.name.strategy.value);
  out.set_configuration_version(s.name.configuration_version);
  out.set_data_epoch(s.name.data_epoch.value);
  out.set_last_tick(s.name.last_tick.value);
  out.set_window_end_ns(to_ns(s.name.window_end));
  out.set_effective_time_ns(to_ns(s.effective_time));
  out.set_direction(s.direction);
  out.set_volume(s.volume.value);
  out.set_limit(s.limit.value);
  out.set_last(s.last.value);
  out.set_bid(s.bid.value);
  out.set_ask(s.ask.value);
  out.set_ingest_ns(s.ingest_ns);
  out.set_sent_ns(s.sent_ns);
}

result<signal> read_signal(const wire::Signal& s) {
  if (s.direction() < INT8_MIN || s.direction() > INT8_MAX)
    return fail(fmt::format("a signal of direction {}; only 1 and -1 are sent", s.direction()));
  if (s.strategy() > UINT16_MAX)
    return fail(fmt::format("a signal of strategy {}; at most {}", s.strategy(), UINT16_MAX));
  signal to;
  to.name = {symbol_id{s.symbol()},     strategy_id{static_cast<std::uint16_t>(s.strategy())},
             s.configuration_version(), epoch{s.data_epoch()},
             sequence{s.last_tick()},   from_ns(s.window_end_ns())};
  to.effective_time = from_ns(s.effective_time_ns());
  to.direction = static_cast<std::int8_t>(s.direction());
  to.volume = quantity{s.volume()};
  to.limit = price{s.limit()};
  to.last = price{s.last()};
  to.bid = price{s.bid()};
  to.ask = price{s.ask()};
  to.ingest_ns = s.ingest_ns();
  to.sent_ns = s.sent_ns();
  return to;
}

std::string encode_signal_frame(std::span<const signal> signals, timestamp time_mark, bool final) {
  wire::SignalFrame frame;
  for (auto& s : signals)
    write_signal(s, *frame.add_signals());
  frame.set_time_mark_ns(to_ns(time_mark));
  frame.set_final(final);
  return frame.SerializeAsString();
}

result<signal_frame> decode_signal_frame(std::string_view bytes) {
  wire::SignalFrame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(fmt::format("{} bytes that are not a SignalFrame", bytes.size()));
  signal_frame out;
  out.signals.reserve(static_cast<std::size_t>(frame.signals_size()));
  for (auto& s : frame.signals()) {
    if (s.direction() != 1 && s.direction() != -1)
      return fail(fmt::format("a signal of direction {}; only 1 and -1 are sent", s.direction()));
    auto read = read_signal(s);
    if (!read) return tl::make_unexpected(read.error());
    out.signals.push_back(*read);
  }
  out.time_mark = from_ns(frame.time_mark_ns());
  out.final = frame.final();
  return out;
}

} // namespace tickmesh
