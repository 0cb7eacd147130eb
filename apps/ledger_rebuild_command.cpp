// `tickmesh ledger rebuild`: makes the ledgers below a state directory anew of their journals.
#include "actors/execution/ledger/ledger_rebuild.hpp"
#include "actors/execution/slot_journal.hpp"
#include "apps/command_settings.hpp"
#include "apps/commands.hpp"
#include "apps/configuration_hash.hpp"
#include "runtime/log_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t events_at_once = 65'536;

/// Ends with this code, for a reason.
struct failed_command {
  int code = exit_failure;
  fault why;
};

/// `STATE_DIR/HOST/journal/SLOT`, but for those that were set aside.
std::vector<fs::path> find_journals(const fs::path& state_dir) {
  std::vector<fs::path> out;
  std::error_code error;
  for (auto& host : fs::directory_iterator{state_dir, error})
    for (auto& slot : fs::directory_iterator{host.path() / "journal", error})
      if (slot.is_directory(error) && !slot.path().has_extension()) out.push_back(slot.path());
  std::ranges::sort(out);
  return out;
}

/// What the journal was written with, if that is what the configuration says.
tl::expected<journal_origin, failed_command> origin_of(const fs::path& journal,
                                                       const settings& config) {
  auto fails = [](int code, std::string why) {
    return tl::make_unexpected(failed_command{code, {std::move(why)}});
  };
  auto symbols = read_journal_symbols(journal);
  if (!symbols) return fails(exit_failure, symbols.error().message);
  auto identity = read_run_identity(journal);
  if (!identity) return fails(exit_failure, identity.error().message);
  if (*identity != run_identity_of(configuration_hash(config), *symbols))
    return fails(exit_usage,
                 fmt::format("{} was written with another configuration; allowed: the --config and "
                             "--set of its run",
                             journal.string()));
  std::vector<std::string> strategies;
  for (auto& s : config.strategies)
    strategies.push_back(s.name);
  journal_origin out{journal, config.execution,
                     make_trading_universe(config.instruments, *symbols, strategies)};
  out.universe.account = config.execution.account;
  return out;
}

/// The last event that the ledger then has.
result<std::uint64_t> rebuild(const journal_origin& origin, trading_ledger& ledger) {
  if (auto begun = ledger.begin_anew(); !begun) return tl::make_unexpected(begun.error());
  ledger_rebuild rebuilt{origin};
  for (;;) {
    auto before = rebuilt.last_event();
    auto now = rebuilt.advance(ledger, UINT64_MAX, events_at_once);
    if (!now) return now;
    if (*now == before) break;
  }
  if (has_journal_ended(origin.directory))
    if (auto done = rebuilt.finish(ledger); !done) return tl::make_unexpected(done.error());
  if (auto done = ledger.commit(rebuilt.last_event(), origin.universe); !done)
    return tl::make_unexpected(done.error());
  return rebuilt.last_event();
}

tl::expected<void, failed_command> rebuild(const fs::path& journal, const settings& config) {
  auto origin = origin_of(journal, config);
  if (!origin) return tl::make_unexpected(origin.error());
  auto fails = [](const fault& why) {
    return tl::make_unexpected(failed_command{exit_failure, why});
  };
  // The process that has it keeps its ledger itself.
  auto held = lock_directory(posix_file_system(), journal);
  if (!held) return fails(held.error());
  auto identity = run_identity_of(configuration_hash(config), origin->universe.symbols);
  auto file = ledger_path(journal.parent_path().parent_path(), journal.filename().string());
  auto opened = trading_ledger::open({.file = file, .run_identity = identity});
  if (!opened) return fails(opened.error());
  if (!opened->note.empty()) fmt::print(stderr, "tickmesh: {}\n", opened->note);
  auto last = rebuild(*origin, *opened->ledger);
  if (!last) return fails(last.error());
  fmt::print("{}: made of the events 1 to {} of {}\n", file.string(), *last, journal.string());
  return {};
}

} // namespace

int rebuild_ledgers(const ledger_rebuild_flags& flags) {
  std::vector<setting_override> overrides;
  if (flags.state_dir) overrides.push_back({"host.state_dir", *flags.state_dir, "--state-dir"});
  auto loaded = load_command_settings(flags.config, overrides);
  if (print_faults(loaded.faults)) return exit_usage;
  auto& state_dir = loaded.value.host.state_dir;
  auto journals = find_journals(state_dir);
  if (journals.empty()) {
    fmt::print(stderr,
               "tickmesh: {}: there is no journal below it (HOST/journal/SLOT); allowed: the "
               "--state-dir of a run\n",
               state_dir);
    return exit_failure;
  }
  for (auto& journal : journals)
    if (auto done = rebuild(journal, loaded.value); !done) {
      fmt::print(stderr, "tickmesh: {}\n", done.error().why.message);
      return done.error().code;
    }
  return 0;
}

} // namespace tickmesh
