// What this machine charges for what the system does, for the head of perf/suite.py's tables:
// ratios to work that the processor does alone move with it.
//
// Prints {"system_call_ns", "thread_switch_ns", "page_fault_ns"}, each the median of some rounds.
#include "runtime/net/file_descriptor.hpp"

#include <fmt/format.h>

#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <thread>

namespace tickmesh {

namespace {

constexpr int rounds = 9;

/// Median of what one of `count` costs in a round, in ns.
template <class Round>
double cost_of_one(int count, Round round) {
  std::array<double, rounds> all{};
  for (auto& each : all) {
    auto begin = std::chrono::steady_clock::now();
    round(count);
    std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    each = took.count() / count;
  }
  std::ranges::nth_element(all, all.begin() + rounds / 2);
  return all[rounds / 2];
}

void stop_unless(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "machine_cost: {} failed\n", what);
  std::exit(1);
}

struct pipe_ends {
  file_descriptor out, in;
};

pipe_ends open_pipe() {
  std::array<int, 2> ends{};
  stop_unless(::pipe(ends.data()) == 0, "pipe");
  return {file_descriptor{ends[0]}, file_descriptor{ends[1]}};
}

void pass_on(const pipe_ends& from, const pipe_ends& to, int count) {
  char byte = 0;
  for (int i = 0; i < count; ++i) {
    stop_unless(::read(from.out.number(), &byte, 1) == 1, "read");
    stop_unless(::write(to.in.number(), &byte, 1) == 1, "write");
  }
}

void stay_on_one_cpu() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(std::max(::sched_getcpu(), 0)), &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

/// Two threads on one processor hand a byte to and fro.
void switch_threads(int count) {
  auto there = open_pipe(), back = open_pipe();
  std::thread other{[&] { pass_on(there, back, count / 2); }};
  stop_unless(::write(back.in.number(), "x", 1) == 1, "write");
  pass_on(back, there, count / 2);
  other.join();
}

void touch_pages(int count) {
  constexpr std::size_t page = 4'096;
  auto bytes = static_cast<std::size_t>(count) * page;
  auto* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stop_unless(memory != MAP_FAILED, "mmap");
  ::madvise(memory, bytes, MADV_NOHUGEPAGE);
  for (std::size_t at = 0; at < bytes; at += page)
    static_cast<volatile char*>(memory)[at] = 1;
  ::munmap(memory, bytes);
}

} // namespace

} // namespace tickmesh

int main() {
  using namespace tickmesh;
  auto call = cost_of_one(100'000, [](int count) {
    for (int i = 0; i < count; ++i)
      ::syscall(SYS_getppid);
  });
  auto fault = cost_of_one(8'192, touch_pages);
  stay_on_one_cpu();
  auto change = cost_of_one(20'000, switch_threads);
  fmt::print("{{\"system_call_ns\": {:.0f}, \"thread_switch_ns\": {:.0f}, "
             "\"page_fault_ns\": {:.0f}}}\n",
             call, change, fault);
  return 0;
}
