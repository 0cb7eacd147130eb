// The yardstick of all speeds: CPU ns a tick of the bare strategy kernel, for perf/suite.py.
//
//   yardstick [--symbols N] [--strategies N] [--ticks N]
//
// Prints {"ns_per_tick", "signals"}. Other numbers of symbols than the kernel's own 500 are runs
// over its first symbols, or over several kernels in turn: the order of ticks is one run of 64 of
// each symbol after the other, as in the path.
#include "perf/strategy_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace tickmesh {

namespace {

struct flags {
  std::uint64_t symbols = strategy_kernel::symbols;
  std::uint64_t strategies = 20;
  std::uint64_t ticks = 5'000'000;
};

[[noreturn]] void stop(const std::string& message) {
  fmt::print(stderr, "yardstick: {}\n", message);
  std::exit(2);
}

double cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// A kernel, or several, that take turns over all symbols.
class symbol_rounds {
public:
  explicit symbol_rounds(const flags& given)
      : first_ticks_(std::min<std::uint64_t>(given.symbols, strategy_kernel::symbols) *
                     strategy_kernel::run_length) {
    auto count = std::max<std::uint64_t>(given.symbols / strategy_kernel::symbols, 1);
    for (std::uint64_t i = 0; i < count; ++i)
      kernels_.emplace_back(given.strategies);
  }

  /// At least `ticks`, in whole turns over all symbols; how many there were.
  std::uint64_t run(std::uint64_t ticks) {
    std::uint64_t done = 0;
    while (done < ticks)
      for (auto& kernel : kernels_) {
        signals_ += kernel.run(first_ticks_);
        done += first_ticks_;
      }
    return done;
  }

  std::int64_t signals() const { return signals_; }

private:
  std::uint64_t first_ticks_; ///< of one kernel in a turn
  std::vector<strategy_kernel> kernels_;
  std::int64_t signals_ = 0;
};

flags read_flags(int argc, char** argv) {
  flags out;
  std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); i += 2) {
    auto* value = words[i] == "--symbols"      ? &out.symbols
                  : words[i] == "--strategies" ? &out.strategies
                  : words[i] == "--ticks"      ? &out.ticks
                                               : nullptr;
    if (value == nullptr || i + 1 == words.size())
      stop(words[i] + ": unknown, or no value; allowed: --symbols N, --strategies N, --ticks N");
    *value = std::strtoull(words[i + 1].c_str(), nullptr, 10);
    if (*value == 0) stop(words[i] + " " + words[i + 1] + ": allowed is a number from 1 on");
  }
  if (out.symbols > strategy_kernel::symbols && out.symbols % strategy_kernel::symbols != 0)
    stop(fmt::format("--symbols {}: allowed above {} are its multiples", out.symbols,
                     strategy_kernel::symbols));
  return out;
}

} // namespace

} // namespace tickmesh

int main(int argc, char** argv) {
  using namespace tickmesh;
  auto given = read_flags(argc, argv);
  symbol_rounds rounds{given};
  rounds.run(given.symbols * strategy_kernel::run_length); // the first turn touches the memory
  auto begin = cpu_ns();
  auto ticks = rounds.run(given.ticks);
  auto ns = (cpu_ns() - begin) / static_cast<double>(ticks);
  fmt::print("{{\"ns_per_tick\": {:.3f}, \"signals\": {}}}\n", ns, rounds.signals());
  return 0;
}
