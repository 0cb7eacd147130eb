// SIGTERM and SIGINT: the first asks for an orderly stop, the second ends the process at once;
// before there is anything to be stopped in order, the first does.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace tickmesh {

class stop_signals {
public:
  /// Blocks the signals in the calling thread and in all that it starts from now on; they are
  /// waited for in a thread of their own.
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// From now on there is something to be stopped: calls `on_first` with the first signal's name,
  /// from that thread.
  void start(std::function<void(const std::string&)> on_first);
  void stop();

private:
  void wait();

  std::mutex mutex_;
  std::function<void(const std::string&)> on_first_; ///< empty: not yet, or not any more
  bool has_come_ = false;                            ///< the first signal
  std::thread waiter_;
};

} // namespace tickmesh
