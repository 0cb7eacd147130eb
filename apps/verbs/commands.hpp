// The verbs of the command line. Each returns the exit code of the process.
#pragma once

#include "apps/host/control_address.hpp"
#include "apps/settings/command_flags.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct run_flags {
  config_flags config;
  std::vector<std::string> roles;
  std::optional<std::string> host_id;
  std::optional<std::string> listen;
  std::optional<std::string> join;
  bool standby = false;
  bool insecure_network = false;
  std::optional<std::string> certificates;
  std::optional<std::string> announce_file;
  std::optional<std::string> state_dir;
  std::optional<std::string> results_dir;
  bool no_results = false;
  bool npy = false;
  std::optional<std::string> parallel;
  std::vector<std::string> files;
  std::optional<std::string> speed;
  std::optional<std::string> log_file;
  bool recover = false;
};

struct status_flags {
  control_flags control;
  bool json = false;
};

struct failover_flags {
  control_flags control;
  std::string slot; ///< `calc/0`
  bool json = false;
};

struct subscribe_flags {
  config_flags config; ///< of factors and signals
  std::string what;    ///< ticks, factors or signals
  control_flags control;
  std::vector<std::string> symbols;
  std::string from = "1"; ///< a sequence, or `now`
  std::uint64_t limit = 0;
  double wait_s = 30;
  bool json = false;
};

struct results_flags {
  std::vector<std::string> directories;
  std::string out;
  bool json = false;
  bool npy = false;
};

/// `ticks ls` and `ticks verify`.
struct ticks_list_flags {
  std::vector<std::string> paths; ///< see find_slot_logs
  bool symbols = false;           ///< ls: symbol by symbol
  bool json = false;
};

struct ticks_export_flags {
  std::string path;
  std::int32_t day = 0;
  std::vector<std::string> symbols;
  std::string format = "csv";
  std::string out;
  bool rejected = false;
  bool json = false;
};

struct ticks_import_flags {
  config_flags config;
  std::vector<std::string> files;
  std::string out;
  bool json = false;
};

struct why_flags {
  config_flags config;
  std::string order; ///< its id, or as much of it as is unique
  std::optional<std::string> state_dir;
  std::vector<std::string> ticks; ///< see find_slot_logs; empty: the state directory
  bool json = false;
};

struct audit_flags {
  config_flags config;
  std::optional<std::string> state_dir;
  bool json = false;
};

/// `limits try`.
struct limits_flags {
  config_flags config;
  std::string file; ///< of the other limits
  std::optional<std::string> state_dir;
  std::optional<std::int32_t> day; ///< yyyymmdd; nothing: the last one
  bool all = false;                ///< all days
  bool orders = false;             ///< lists every order
  bool json = false;
};

/// `orders`, `fills` and `positions`.
struct ledger_flags {
  std::string state_dir;
  bool open = false; ///< orders that may still be filled, positions that are not flat
  std::string symbol;
  std::string strategy;
  std::uint64_t limit = 0; ///< 0: none
  bool json = false;
};

struct ledger_rebuild_flags {
  config_flags config;
  std::optional<std::string> state_dir;
};

int run(const run_flags& flags);
int show_status(const status_flags& flags);
int fail_over(const failover_flags& flags);
int subscribe(const subscribe_flags& flags);
int merge(const results_flags& flags);
int check_config(const config_flags& flags);
int list_ticks(const ticks_list_flags& flags);
int verify_ticks(const ticks_list_flags& flags);
int export_ticks(const ticks_export_flags& flags);
int import_ticks(const ticks_import_flags& flags);
int show_why(const why_flags& flags);
int show_audit(const audit_flags& flags);
int try_limits(const limits_flags& flags);
int show_orders(const ledger_flags& flags);
int show_fills(const ledger_flags& flags);
int show_positions(const ledger_flags& flags);
int rebuild_ledgers(const ledger_rebuild_flags& flags);

} // namespace tickmesh
