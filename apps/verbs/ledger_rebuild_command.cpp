// `tickmesh ledger rebuild`: makes the ledgers below a state directory anew of their journals.
#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/ledger/ledger_rebuild.hpp"
#include "apps/host/slot_journals.hpp"
#include "apps/verbs/commands.hpp"
#include "runtime/log/log_file.hpp"

#include <fmt/format.h>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t events_at_once = 65'536;

/// Ends with this code, for a reason.
struct failed_command {
  int code = exit_failure;
  fault why;
};

struct rebuilt_events {
  std::uint64_t known_after = 0; ///< see ledger_rebuild::begin
  std::uint64_t last = 0;        ///< that the ledger then has
};

result<rebuilt_events> rebuild(const journal_origin& origin, trading_ledger& ledger) {
  ledger_rebuild rebuilt{origin};
  auto kept = rebuilt.begin();
  if (!kept) return tl::make_unexpected(kept.error());
  if (auto begun = ledger.begin_anew(*kept); !begun) return tl::make_unexpected(begun.error());
  for (;;) {
    auto before = rebuilt.last_event();
    auto now = rebuilt.advance(ledger, UINT64_MAX, events_at_once);
    if (!now) return tl::make_unexpected(now.error());
    if (*now == before) break;
  }
  if (has_journal_ended(origin.directory))
    if (auto done = rebuilt.finish(ledger); !done) return tl::make_unexpected(done.error());
  if (auto done = ledger.commit(rebuilt.last_event(), rebuilt.universe()); !done)
    return tl::make_unexpected(done.error());
  return rebuilt_events{*kept, rebuilt.last_event()};
}

tl::expected<void, failed_command> rebuild(const fs::path& journal, const settings& config) {
  auto first = read_origin(config, journal);
  if (!first) return tl::make_unexpected(failed_command{exit_usage, first.error()});
  journal_origin origin{journal, first->settings, std::move(first->universe)};
  auto fails = [](const fault& why) {
    return tl::make_unexpected(failed_command{exit_failure, why});
  };
  // The process that has it keeps its ledger itself.
  auto held = lock_directory(posix_file_system(), journal);
  if (!held) return fails(held.error());
  auto identity = read_journal_identity(journal);
  if (!identity) return fails(identity.error());
  auto file = ledger_path(journal.parent_path().parent_path(), journal.filename().string());
  auto opened = trading_ledger::open({.file = file,
                                      .run_identity = *identity,
                                      .busy_timeout = config.execution.ledger.busy_timeout});
  if (!opened) return fails(opened.error());
  if (!opened->note.empty()) fmt::print(stderr, "tickmesh: {}\n", opened->note);
  auto last = rebuild(origin, *opened->ledger);
  if (!last) return fails(last.error());
  fmt::print("{}: made of the events {} to {} of {}{}\n", file.string(), last->known_after + 1,
             last->last, journal.string(),
             last->known_after > 0
                 ? ", which has no earlier ones: what the ledger had of them stays"
                 : "");
  return {};
}

} // namespace

int rebuild_ledgers(const ledger_rebuild_flags& flags) {
  auto loaded = load_journal_settings(flags.config, flags.state_dir);
  if (print_faults(loaded.faults)) return exit_usage;
  auto journals = find_journals(loaded.value);
  if (!journals) {
    fmt::print(stderr, "tickmesh: {}\n", journals.error().message);
    return exit_usage;
  }
  for (auto& journal : *journals)
    if (auto done = rebuild(journal, loaded.value); !done) {
      fmt::print(stderr, "tickmesh: {}\n", done.error().why.message);
      return done.error().code;
    }
  return 0;
}

} // namespace tickmesh
