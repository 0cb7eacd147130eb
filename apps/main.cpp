// The tickmesh command: reads flags and hands over to the verbs.
#include "apps/host/memory_limits.hpp"
#include "apps/verbs/command_line.hpp"
#include "apps/verbs/commands.hpp"
#include "apps/verbs/operator_verbs.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <exception>

namespace tickmesh {

namespace {

void add_config_flags(CLI::App& app, config_flags& flags) {
  app.add_option("--config", flags.file, "Configuration file (TOML); see config/")
      ->type_name("FILE");
  app.add_option("--set", flags.assignments, "Overrides one key: source.sim.ticks=1000")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_run_flags(CLI::App& app, run_flags& flags) {
  add_config_flags(app, flags.config);
  app.add_option("--role", flags.roles,
                 "data, calc, exec or control; may be repeated. Without it, all four run in this "
                 "process")
      ->type_name("ROLE");
  app.add_option("--host-id", flags.host_id, "Name of this host, unique in the cluster")
      ->type_name("NAME");
  app.add_option("--listen", flags.listen,
                 "Where this host listens (default 127.0.0.1:0, a port that is free)")
      ->type_name("ADDR:PORT");
  app.add_option("--join", flags.join, "Address of the control host")->type_name("ADDR:PORT");
  app.add_option("--certificates", flags.certificates,
                 "Directory with ca.crt, tls.crt and tls.key: all connections are TLS")
      ->type_name("DIR");
  app.add_flag("--standby", flags.standby,
               "Take no slot before another host's has to be taken over (roles data and calc)");
  app.add_flag("--insecure-network", flags.insecure_network,
               "Permit addresses beyond this machine without TLS");
  app.add_option("--announce-file", flags.announce_file, "Write this host's ADDR:PORT here")
      ->type_name("FILE");
  app.add_option("--state-dir", flags.state_dir, "What must survive a restart (default var)")
      ->type_name("DIR");
  app.add_option("--results", flags.results_dir, "Result files (default results/latest)")
      ->type_name("DIR");
  app.add_flag("--no-results", flags.no_results, "Write no result files");
  app.add_flag("--npy", flags.npy, "Write the rows as NumPy arrays, too (in one process)");
  app.add_option("--file", flags.files,
                 "Read ticks from these files (CTP, Binance or own CSV, .xz too) in place of the "
                 "configured source; may be repeated")
      ->type_name("FILE");
  app.add_option("--parallel", flags.parallel,
                 "Threads that clean ticks and calculate, with the one that does all else "
                 "(default 1)")
      ->type_name("N");
  app.add_option("--speed", flags.speed,
                 "Event time per wall time: 1 is real time, 0 as fast as possible")
      ->type_name("N");
  app.add_option("--log-file", flags.log_file, "Write the log here in place of standard error")
      ->type_name("FILE");
  app.add_flag("--recover", flags.recover,
               "Control host: accept hosts that have seen another cluster or epoch");
}

void add_subscribe_flags(CLI::App& app, subscribe_flags& flags) {
  app.add_option("WHAT", flags.what, "ticks, factors or signals")
      ->check(one_of({"ticks", "factors", "signals"}))
      ->required();
  add_control_flags(app, flags.control);
  app.add_option("--symbol", flags.symbols, "May be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->required();
  app.add_option("--from", flags.from,
                 "First tick, by its sequence; rows of later ticks only. 1 is all that is kept, "
                 "`now` what comes from now on")
      ->type_name("SEQ")
      ->capture_default_str();
  app.add_option("--limit", flags.limit, "End after so many rows (default: no limit)")
      ->type_name("N")
      ->check(whole_number(1, UINT64_MAX));
  app.add_option("--wait", flags.wait_s,
                 "How long to wait for a cluster that forms, or for a lost data host, in s")
      ->type_name("SECONDS")
      ->check(seconds_of_a_day())
      ->capture_default_str();
  app.add_flag("--json", flags.json, "Print lines of JSON in place of CSV");
  add_config_flags(app, flags.config);
}

/// `tickmesh ticks ...`: the flags of its verbs, and which one is wanted.
class ticks_verbs {
public:
  explicit ticks_verbs(CLI::App& app)
      : ticks_(app.add_subcommand("ticks", "Tick logs: list, check, export, import")),
        ls_(ticks_->add_subcommand("ls", "Show the days of tick logs")),
        verify_(ticks_->add_subcommand("verify", "Check every byte of tick logs")),
        export_(ticks_->add_subcommand("export", "Write a day as CSV or .npy files")),
        import_(ticks_->add_subcommand("import", "Make a tick log of recorded files")) {
    ticks_->require_subcommand(1);
    ls_->add_option("DIR", list_.paths, "Slots' logs or state directories (default var)")
        ->check(existing_directory());
    ls_->add_flag("--symbols", list_.symbols, "Show each symbol");
    ls_->add_flag("--json", list_.json, "Print JSON");
    verify_->add_option("DIR", list_.paths, "Slots' logs or state directories")
        ->check(existing_directory())
        ->required();
    verify_->add_flag("--json", list_.json, "Print JSON");
    export_->add_option("DIR", exported_.path, "A slot's log or a state directory")
        ->check(existing_directory())
        ->required();
    export_->add_option("--day", exported_.day, "Trading day, as 2024-01-03 or 20240103")
        ->type_name("DAY")
        ->transform(trading_day())
        ->required();
    export_->add_option("--symbol", exported_.symbols, "Only these; may be repeated")
        ->type_name("NAME")
        ->allow_extra_args(false);
    export_
        ->add_option("--format", exported_.format,
                     "csv (as --file reads it) or npy (a file a column, int64)")
        ->check(one_of({"csv", "npy"}))
        ->capture_default_str();
    export_->add_option("--out", exported_.out, "Where to write")->type_name("DIR")->required();
    export_->add_flag("--rejected", exported_.rejected, "The rejected ticks, too, as rejected.csv");
    export_->add_flag("--json", exported_.json, "Print JSON");
    add_config_flags(*import_, imported_.config);
    import_->add_option("FILE", imported_.files, "CTP, Binance or own CSV, .xz too")
        ->check(existing_file())
        ->required();
    import_->add_option("--out", imported_.out, "Where to write; the log is DIR/data-0")
        ->type_name("DIR")
        ->required();
    import_->add_flag("--json", imported_.json, "Print JSON");
  }

  bool wanted() const { return static_cast<bool>(*ticks_); }

  int run() {
    if (*verify_) return verify_ticks(list_);
    if (*export_) return export_ticks(exported_);
    if (*import_) return import_ticks(imported_);
    if (!list_.paths.empty()) return list_ticks(list_);
    auto path = host_settings{}.state_dir;
    if (auto fault = existing_directory()(path); !fault.empty()) {
      fmt::print(stderr, "tickmesh: DIR {}; name one that a run was given as --state-dir\n", fault);
      return exit_usage;
    }
    list_.paths.push_back(path);
    return list_ticks(list_);
  }

private:
  CLI::App* ticks_;
  CLI::App* ls_;
  CLI::App* verify_;
  CLI::App* export_;
  CLI::App* import_;
  ticks_list_flags list_;
  ticks_export_flags exported_;
  ticks_import_flags imported_;
};

/// `tickmesh why`, `audit` and `limits try`, which ask journals, and which one is wanted.
class journal_verbs {
public:
  explicit journal_verbs(CLI::App& app)
      : why_(app.add_subcommand("why", "Print what became of an order, and why")),
        audit_(
            app.add_subcommand("audit", "Print what operators commanded, and what became of it")),
        limits_(app.add_subcommand("limits", "Try other limits on past orders, or set them")),
        try_(limits_->add_subcommand("try", "Judge a journal's orders by the limits of a file")) {
    limits_->require_subcommand(1);
    why_->add_option("ORDER_ID", asked_.order,
                     "As in orders.csv: `O` and 16 hexadecimal digits, or a beginning that is "
                     "unique")
        ->required();
    add_state_flag(*why_, asked_.state_dir);
    why_->add_option("--ticks", asked_.ticks,
                     "Tick logs to calculate factor values from: slots' logs or state directories "
                     "(default: the run's state directory); may be repeated")
        ->type_name("DIR")
        ->allow_extra_args(false);
    why_->add_flag("--json", asked_.json, "Print JSON");
    add_config_flags(*why_, asked_.config);
    why_->footer(same_settings);

    add_state_flag(*audit_, audited_.state_dir);
    audit_->add_flag("--json", audited_.json, "Print JSON");
    add_config_flags(*audit_, audited_.config);
    audit_->footer(same_settings);

    try_->add_option("FILE", tried_.file,
                     "TOML with [execution.limits] and [[execution.limits.scope]] as in the "
                     "configuration, which changes what it names; \"off\" ends a limit")
        ->check(existing_file())
        ->required();
    add_state_flag(*try_, tried_.state_dir);
    auto* day = try_->add_option("--day", tried_.day,
                                 "Trading day, as 2024-01-03 (default: the last with orders)")
                    ->type_name("DAY")
                    ->transform(trading_day());
    try_->add_flag("--all", tried_.all, "All trading days")->excludes(day);
    try_->add_flag("--orders", tried_.orders, "List every order, not the first and last few");
    try_->add_flag("--json", tried_.json, "Print JSON");
    add_config_flags(*try_, tried_.config);
    try_->footer(same_settings);
  }

  bool wanted() const { return *why_ || *audit_ || *try_; }
  int run() {
    if (*why_) return show_why(asked_);
    return *audit_ ? show_audit(audited_) : try_limits(tried_);
  }

private:
  static constexpr const char* same_settings =
      "The configuration must be that of the run whose journal is asked; the run may still go on.";

  static void add_state_flag(CLI::App& app, std::optional<std::string>& state_dir) {
    app.add_option("--state-dir", state_dir,
                   "What the run was given (default var); or the directory of a slot's journal")
        ->type_name("DIR");
  }

  CLI::App* why_;
  CLI::App* audit_;
  CLI::App* limits_;
  CLI::App* try_;
  why_flags asked_;
  audit_flags audited_;
  limits_flags tried_;
};

/// `tickmesh orders`, `fills`, `positions` and `ledger rebuild`.
class ledger_verbs {
public:
  explicit ledger_verbs(CLI::App& app)
      : orders_(app.add_subcommand("orders", "Show orders, those of a running process too")),
        fills_(app.add_subcommand("fills", "Show fills, likewise")),
        positions_(app.add_subcommand("positions", "Show positions, likewise")),
        ledger_(app.add_subcommand("ledger", "The ledger, which orders, fills and positions are "
                                             "read from")),
        rebuild_(ledger_->add_subcommand("rebuild", "Make ledgers anew of their journals")) {
    ledger_->require_subcommand(1);
    shown_.state_dir = host_settings{}.state_dir;
    for (auto* verb : {orders_, fills_, positions_})
      add_flags(*verb);
    orders_->add_flag("--open", shown_.open, "Only those that may still be filled");
    positions_->add_flag("--open", shown_.open, "Only those that are not flat");
    rebuild_
        ->add_option("--state-dir", rebuilt_.state_dir, "State directory (default: as configured)")
        ->type_name("DIR");
    add_config_flags(*rebuild_, rebuilt_.config);
  }

  bool wanted() const { return *orders_ || *fills_ || *positions_ || *ledger_; }

  int run() {
    if (*orders_) return show_orders(shown_);
    if (*fills_) return show_fills(shown_);
    if (*positions_) return show_positions(shown_);
    return rebuild_ledgers(rebuilt_);
  }

private:
  void add_flags(CLI::App& verb) {
    verb.add_option("--state-dir", shown_.state_dir, "State directory of a run")
        ->type_name("DIR")
        ->capture_default_str();
    verb.add_option("--symbol", shown_.symbol, "Only of this symbol")->type_name("NAME");
    verb.add_option("--strategy", shown_.strategy, "Only of this strategy")->type_name("NAME");
    verb.add_option("--limit", shown_.limit, "Only the last N (default: all)")
        ->type_name("N")
        ->check(whole_number(1, 1'000'000'000));
    verb.add_flag("--json", shown_.json, "Print JSON");
  }

  CLI::App* orders_;
  CLI::App* fills_;
  CLI::App* positions_;
  CLI::App* ledger_;
  CLI::App* rebuild_;
  ledger_flags shown_;
  ledger_rebuild_flags rebuilt_;
};

constexpr const char* first_steps =
    R"(tickmesh: an actor-model runtime for real-time trading.

First:
  tickmesh run                            the whole system in this process, on simulated ticks
  tickmesh run --file FILE --config config/embedded.toml
                                          the same on recorded ticks (CTP, Binance or own CSV)
  scripts/cluster.sh                      six processes on this machine
Beside a run, and after it:
  tickmesh status                         hosts, slots, counts of a running cluster
  tickmesh failover SLOT                  have a slot go to the host that can take it over
  tickmesh orders                         what was ordered; also fills and positions
  tickmesh why ORDER_ID                   why an order became what it is, from tick to position
  tickmesh halt                           no order leaves any more; resume takes that back

All verbs: tickmesh --help. The flags of one: tickmesh VERB --help.
)";

int dispatch(int argc, char** argv) {
  if (argc == 1) {
    fmt::print("{}", first_steps);
    return 0;
  }
  CLI::App app{"tickmesh: an actor-model runtime for real-time trading"};
  app.set_version_flag("--version", std::string{"tickmesh "} + TICKMESH_VERSION);
  app.require_subcommand(1);

  run_flags run_options;
  auto* run_command = app.add_subcommand("run", "Run the whole system, or one host of a cluster");
  add_run_flags(*run_command, run_options);

  status_flags status;
  auto* status_command = app.add_subcommand("status", "Show the hosts and slots of a cluster");
  add_control_flags(*status_command, status.control);
  status_command->add_flag("--json", status.json, "Print JSON");

  failover_flags failover;
  auto* failover_command =
      app.add_subcommand("failover", "Have a slot go to the host that can take it over");
  add_control_flags(*failover_command, failover.control);
  failover_command->add_option("SLOT", failover.slot, "As status names it: calc/0")->required();
  failover_command->add_flag("--json", failover.json, "Print JSON");

  subscribe_flags subscription;
  auto* subscribe_command = app.add_subcommand(
      "subscribe", "Print ticks, factors or signals of symbols: those so far, then live");
  add_subscribe_flags(*subscribe_command, subscription);

  results_flags results;
  auto* results_command = app.add_subcommand("results", "Merge and show result files");
  results_command->require_subcommand(1);
  auto* merge_command =
      results_command->add_subcommand("merge", "Merge the parts that the hosts of a run left");
  merge_command->add_option("DIR", results.directories, "Directories given to run --results")
      ->required();
  merge_command->add_option("--out", results.out, "Where to write (default: the first DIR)")
      ->type_name("DIR");
  merge_command->add_flag("--json", results.json, "Print the summary as JSON");
  merge_command->add_flag("--npy", results.npy, "Write the rows as NumPy arrays, too");

  ticks_verbs ticks{app};
  journal_verbs journals{app};
  operator_verbs operators{app, *app.get_subcommand("limits")};
  ledger_verbs ledger{app};

  config_flags config;
  auto* config_command = app.add_subcommand("config", "Check configuration files");
  config_command->require_subcommand(1);
  auto* check_command = config_command->add_subcommand("check", "Report all faults of a file");
  add_config_flags(*check_command, config);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e); // --help and --version
    fmt::print(stderr, "tickmesh: {}\n", describe_parse_error(app, e));
    return exit_usage;
  }
  if (*run_command) return run(run_options);
  if (*status_command) return show_status(status);
  if (*failover_command) return fail_over(failover);
  if (*subscribe_command) return subscribe(subscription);
  if (*merge_command) return merge(results);
  if (ticks.wanted()) return ticks.run();
  if (operators.wanted()) return operators.run();
  if (journals.wanted()) return journals.run();
  if (ledger.wanted()) return ledger.run();
  return check_config(config);
}

} // namespace

} // namespace tickmesh

int main(int argc, char** argv) {
  tickmesh::end_in_words_without_memory();
  if (auto enough = tickmesh::check_memory_limits("tickmesh", tickmesh::memory_mib_min); !enough) {
    fmt::print(stderr, "tickmesh: {}\n", enough.error().message);
    return tickmesh::exit_failure;
  }
  try {
    return tickmesh::dispatch(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "tickmesh: a fault of the program: {}\n", e.what());
    return tickmesh::exit_failure;
  }
}
