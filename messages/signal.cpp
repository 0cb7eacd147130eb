#include "messages/signal.hpp"

#include <charconv>
#include <concepts>

namespace tickmesh {

void append_signal_name(std::string& out, const signal_name& name, std::string_view strategy,
                        std::string_view symbol) {
  auto add = [&out](std::integral auto number) {
    char digits[20]; // as many as the smallest int64 has, with its sign
    auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out += '/';
    out.append(digits, end);
  };
  out.append(strategy).append("/").append(symbol);
  add(name.configuration_version);
  add(name.data_epoch.value);
  add(name.last_tick.value);
  add(to_ns(name.window_end));
}

std::string format_signal_name(const signal_name& name, const std::string& strategy,
                               const std::string& symbol) {
  std::string out;
  append_signal_name(out, name, strategy, symbol);
  return out;
}

} // namespace tickmesh
