// The progress bar of a command that works through a known or unknown number of ticks or rows.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tickmesh {

/// Rewrites one line on a terminal, at most ten times a second; elsewhere prints nothing.
class progress_bar {
public:
  /// `unit` is what is counted.
  explicit progress_bar(std::string label, std::string unit = "ticks");
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  /// Takes the line away.
  ~progress_bar();

  /// `total` 0: not known.
  void show(std::uint64_t done, std::uint64_t total = 0);

private:
  using clock = std::chrono::steady_clock;
  std::string label_;
  std::string unit_;
  bool terminal_;
  clock::time_point started_ = clock::now();
  clock::time_point printed_{};
};

} // namespace tickmesh
