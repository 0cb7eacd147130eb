// One turn of the execution benchmark: a slot of its own, under load or with one signal at a time.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "messages/result.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

[[noreturn]] inline void stop(const std::string& message) {
  fmt::print(stderr, "execution_benchmark: {}\n", message);
  std::exit(1);
}

template <class T>
T take(result<T> value) {
  if (!value) stop(value.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

/// `share` in [0, 1) of the values are below it. Precondition: there are values.
inline double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size()))];
}
inline double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

/// With every rule on; by arrival with the brokers `accept`, by event time with `sim`.
execution_settings benchmark_settings(log_durability durability, input_order order);

struct load_result {
  double verdicts_per_s = 0;
  double approved_share = 0;
  double cpu_us_per_verdict = 0;        ///< of all threads
  double thread_cpu_us_per_verdict = 0; ///< of the scheduler's thread; with one only
};

/// As fast as the slot takes it. The state of the slot goes to `directory`, which is made and
/// removed.
load_result run_load(caf::actor_system& system, const std::filesystem::path& directory,
                     execution_settings settings, std::uint64_t signals);

/// In ms, from asking for a halt until the answer, when nothing leaves any more; under the load of
/// run_load, between halts of which trading is let go on. As many as fit into `signals`, at least
/// `halts_min`.
std::vector<double> run_halts(caf::actor_system& system, const std::filesystem::path& directory,
                              execution_settings settings, std::uint64_t signals,
                              std::size_t halts_min);

struct sample_result {
  double signal_us = 0; ///< p50
  double bare_us = 0;   ///< p50
  double signal_p99_us = 0;
  std::size_t record_bytes = 0; ///< of a signal
};

/// One signal at a time, by arrival, in turns with a bare request; with `floor_bytes`, that
/// includes a write of as many bytes and a sync. With `behind_ticks`, a tick comes right before
/// each signal, and is a batch of its own. At most load_symbols samples.
sample_result run_samples(caf::actor_system& system, const std::filesystem::path& directory,
                          log_durability durability, std::uint32_t samples, std::size_t floor_bytes,
                          bool behind_ticks = false);

} // namespace tickmesh
