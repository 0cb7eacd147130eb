// The progress line of a running cluster.
#pragma once

#include "messages/proto/cluster.pb.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace tickmesh {

class progress_line {
public:
  /// Rewrites one line on a terminal; elsewhere prints a line every two seconds.
  void show(const wire::Status& status);

private:
  using clock = std::chrono::steady_clock;
  clock::time_point started_{};
  clock::time_point printed_{};
  clock::time_point sampled_{};
  std::uint64_t sampled_ticks_ = 0;
  double rate_ = 0;
  bool running_ = false;
};

} // namespace tickmesh
