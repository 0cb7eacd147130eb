// The factor values behind a signal, calculated once more from the ticks that are stored.
#pragma once

#include "actors/calc/calc_settings.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/signal.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tickmesh {

struct factor_values {
  std::filesystem::path log{}; ///< whose ticks they are calculated from
  sequence first{};            ///< the first tick that is kept there
  // As in factors.csv; empty: null.
  std::string factor_value{}, price{}, lower{}, middle{}, upper{};
};

struct factor_question {
  std::vector<std::filesystem::path> logs; ///< of slots
  std::string symbol;
  price_source price_from = price_source::last;
  std::vector<strategy_settings> strategies; ///< the signal's strategy is a place in this list
  signal wanted;
};

/// The values of the signal's strategy at the signal, from the first log whose ticks lead to just
/// this signal. Fails with one sentence where there is none: values of other ticks are never given.
result<factor_values> find_factor_values(const factor_question& question);

} // namespace tickmesh
