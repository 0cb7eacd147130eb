// SIGTERM and SIGINT: the first asks for an orderly stop, the second ends the process at once.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace tickmesh {

class stop_signals {
public:
  /// Blocks the signals in the calling thread and in all that it starts from now on.
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Calls `on_first` with the signal's name, from a thread of its own.
  void start(std::function<void(const std::string&)> on_first);
  void stop();

private:
  std::thread waiter_;
};

} // namespace tickmesh
