// Lives of one process on one simulated disk: each but the last dies at a call, and the power may
// go, too. For tests of what has to survive that.
#pragma once

#include "tests/support/simulated_disk.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <utility>

namespace tickmesh {

/// A life of the process.
struct disk_life {
  file_system& files;
  std::mt19937_64& random;
  const disk_session& session;
  std::uint64_t power_losses = 0; ///< before it
  /// Since the last life that has looked, and said so here.
  bool& is_after_power_loss;

  bool has_died() const { return session.has_ended(); }

  /// Whether to go on behind something that has to work as long as the process lives.
  template <class Done>
  bool goes_on(const Done& done) const {
    if (has_died()) return false;
    REQUIRE_MESSAGE(done.has_value(), done.error().message);
    return true;
  }
};

/// Calls `live(disk_life&, told)` for life after life, each on what the ones before have left, with
/// one `Told` that says what they were told. The first life dies at each of its calls in turn, the
/// second at one that is drawn, the last not at all; with and without loss of power between them.
template <class Told, class Live>
void live_on_disk(std::uint64_t draws, const Live& live) {
  bool all_done = false;
  for (std::uint64_t last_call = 1; !all_done; ++last_call)
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      CAPTURE(last_call);
      CAPTURE(draw);
      std::mt19937_64 random{last_call * draws + draw};
      simulated_disk disk;
      Told told;
      std::uint64_t power_losses = 0;
      bool has_lost_power = false;
      auto one_life = [&](std::uint64_t calls) {
        disk_session session{disk, random()};
        session.on_call = [&](disk_call, const std::filesystem::path&) {
          if (session.calls() == calls) session.end();
        };
        disk_life life{session, random, session, power_losses, has_lost_power};
        live(life, told);
        if (draw > 0 && random() % 2 == 0) {
          disk.lose_power(random);
          has_lost_power = true;
          ++power_losses;
        }
        return session.calls() >= calls;
      };
      all_done = !one_life(last_call);
      one_life(1 + random() % (2 * last_call));
      one_life(UINT64_MAX);
      one_life(UINT64_MAX);
    }
}

} // namespace tickmesh
