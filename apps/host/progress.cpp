#include "apps/host/progress.hpp"

#include "messages/order.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>

namespace tickmesh {

namespace {

constexpr std::chrono::seconds print_interval{2};

std::uint64_t count_of(const google::protobuf::RepeatedPtrField<wire::NamedCount>& counts,
                       std::string_view name) {
  for (auto& entry : counts)
    if (entry.name() == name) return entry.count();
  return 0;
}

std::uint64_t sum_of(const google::protobuf::RepeatedPtrField<wire::NamedCount>& counts) {
  std::uint64_t sum = 0;
  for (auto& entry : counts)
    sum += entry.count();
  return sum;
}

/// Ticks a second over the whole run, as the slots have measured it.
double rate_of_run(const wire::Status& status, std::uint64_t ticks) {
  auto ns = status.finished_ns() - status.started_ns();
  bool is_known = status.started_ns() > 0 && ns > 0;
  return is_known ? static_cast<double>(ticks) * 1e9 / static_cast<double>(ns) : 0;
}

/// What a halt has left, where there is one.
std::string restriction_of(const wire::ExecutionTotals& execution) {
  auto& state = execution.trading_state();
  bool is_free = state.empty() || state == to_string(trading_mode::active);
  return is_free ? "" : "  " + state;
}

} // namespace

void progress_line::show(const wire::Status& status) {
  auto now = clock::now();
  bool terminal = isatty(STDERR_FILENO) != 0;
  bool ended = status.phase() == "STOPPED";
  if (started_ == clock::time_point{}) started_ = sampled_ = now;
  auto ticks = count_of(status.counts(), "ticks_in");
  auto since_sample = std::chrono::duration<double>(now - sampled_).count();
  if (ended) {
    rate_ = rate_of_run(status, ticks);
  } else if (since_sample >= 0.4) {
    // After a failover, a slot's new owner may not have told its counts yet.
    auto more = ticks > sampled_ticks_ ? ticks - sampled_ticks_ : 0;
    rate_ = static_cast<double>(more) / since_sample;
    sampled_ = now;
    sampled_ticks_ = ticks;
  }
  if (!terminal && !ended && now - printed_ < print_interval) return;
  printed_ = now;
  auto line = fmt::format(
      "{:5.1f} s  {}  {:<8}  hosts {}  ticks {} ({:.0f}/s)  factors {}  signals {}  orders {}  "
      "fills "
      "{}{}",
      std::chrono::duration<double>(now - started_).count(), status.trading(), status.phase(),
      status.hosts_size(), ticks, rate_, count_of(status.counts(), "factors"),
      count_of(status.counts(), "signals"), sum_of(status.execution().orders_by_verdict()),
      status.execution().fills(), restriction_of(status.execution()));
  if (terminal)
    fmt::print(stderr, "\r\033[K{}{}", line, ended ? "\n" : "");
  else
    fmt::print(stderr, "{}\n", line);
  std::fflush(stderr);
}

} // namespace tickmesh
