#include "apps/host/stop_signals.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

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
  waiter_ = std::thread{[this] { wait(); }};
}

stop_signals::~stop_signals() {
  stop();
}

void stop_signals::start(std::function<void(const std::string&)> on_first) {
  std::lock_guard lock{mutex_};
  on_first_ = std::move(on_first);
}

void stop_signals::wait() {
  auto set = handled_signals();
  for (int number = 0; sigwait(&set, &number) == 0;) {
    if (number == wake_up) return;
    std::string name = number == SIGTERM ? "SIGTERM" : "SIGINT";
    std::lock_guard lock{mutex_};
    if (!on_first_) {
      if (!has_come_) fmt::print(stderr, "tickmesh: {} before anything was started\n", name);
      _exit(128 + number);
    }
    has_come_ = true;
    std::exchange(on_first_, nullptr)(name);
  }
}

void stop_signals::stop() {
  if (!waiter_.joinable()) return;
  pthread_kill(waiter_.native_handle(), wake_up);
  waiter_.join();
}

} // namespace tickmesh
