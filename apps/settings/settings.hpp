// Everything that a process of tickmesh can be told, in one value. Filled by load_settings.hpp and
// handed in parts to the folders that the parts are named after.
#pragma once

#include "actors/calc/calc_settings.hpp"
#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/market/market_settings.hpp"
#include "messages/instrument.hpp"
#include "runtime/cluster/cluster_settings.hpp"
#include "runtime/telemetry/log.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh {

struct log_settings {
  log_level level = log_level::info;
  std::string file; ///< empty: standard error
};

/// What a run leaves in host_settings::results_dir.
struct results_settings {
  bool enabled = true;
  bool rows = true; ///< false: reports and counts only, no CSV rows
  bool npy = false; ///< the rows as NumPy arrays, too

  bool writes_rows() const { return enabled && rows; }
};

struct settings {
  cluster_settings cluster;
  host_settings host;
  network_settings network;
  source_settings source;
  tick_log_settings tick_log;
  cleaning_settings cleaning;
  calc_settings calc;
  std::vector<strategy_settings> strategies; ///< position is the strategy_id
  execution_settings execution;
  log_settings log;
  results_settings results;
  instrument_table instruments;
};

} // namespace tickmesh
