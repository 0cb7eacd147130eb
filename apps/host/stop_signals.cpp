#include "apps/host/stop_signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace tickmesh {

namespace {

/// Tells the waiting thread to end; never sent from outside on purpose.
constexpr int wake_up = SIGUSR1;

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, wake_up})
    sigaddset(&set, number);
  return set;
}

} // namespace

stop_signals::stop_signals() {
  auto set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

stop_signals::~stop_signals() {
  stop();
}

void stop_signals::start(std::function<void(const std::string&)> on_first) {
  waiter_ = std::thread{[on_first = std::move(on_first)] {
    auto set = handled_signals();
    bool first = true;
    for (int number = 0; sigwait(&set, &number) == 0;) {
      if (number == wake_up) return;
      if (!first) _exit(128 + number);
      first = false;
      on_first(number == SIGTERM ? "SIGTERM" : "SIGINT");
    }
  }};
}

void stop_signals::stop() {
  if (!waiter_.joinable()) return;
  pthread_kill(waiter_.native_handle(), wake_up);
  waiter_.join();
}

} // namespace tickmesh
