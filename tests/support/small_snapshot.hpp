// A snapshot of a state that has a little of everything, small enough to be looked at.
#pragma once

#include "tests/support/replayed_slot.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tickmesh {

/// The bytes of its file, the same each time.
inline std::string make_small_snapshot() {
  temporary_directory home;
  auto directory = home.path() / "journal";
  auto market = random_trading::random_market(6);
  auto setup = full_setup(6);
  setup.symbols.resize(3);
  {
    journal_life life{directory, setup};
    life.trade(market, from_ns(12'000'000));
    life.command(trading_switch{.mode = trading_mode::reducing});
  }
  auto slot = replayed_slot::from_start(directory);
  slot.advance();
  return slot.snapshot();
}

} // namespace tickmesh
