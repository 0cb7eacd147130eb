#include "actors/calc/slot/received_frame.hpp"

#include <fmt/format.h>

namespace tickmesh {

result<std::shared_ptr<const received_frame>> received_frame::read(kept_bytes payload,
                                                                   std::size_t symbols) {
  std::shared_ptr<received_frame> out{new received_frame{std::move(payload)}};
  if (auto valid = read_tick_frame(out->payload_.bytes, out->view_); !valid)
    return tl::unexpected<fault>{valid.error()};
  // By symbol: the last run seen in this frame. Reset behind it, so that a frame costs its runs.
  static thread_local std::vector<std::uint32_t> last_runs;
  if (last_runs.size() < symbols) last_runs.resize(symbols, none);
  auto& runs = out->view_.runs;
  out->next_runs_.assign(runs.size(), none);
  std::uint32_t unknown = none;
  for (std::uint32_t i = 0; i < runs.size(); ++i) {
    auto symbol = runs[i].symbol.value;
    if (symbol >= symbols) {
      unknown = symbol;
      break;
    }
    if (last_runs[symbol] == none)
      out->first_runs_.push_back(i);
    else
      out->next_runs_[last_runs[symbol]] = i;
    last_runs[symbol] = i;
  }
  for (auto first : out->first_runs_)
    last_runs[runs[first].symbol.value] = none;
  if (unknown != none)
    return fail(fmt::format("a run of symbol {}; there are {} symbols", unknown, symbols));
  return std::shared_ptr<const received_frame>{std::move(out)};
}

} // namespace tickmesh
