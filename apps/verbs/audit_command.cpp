// `tickmesh audit`: prints every command that operators gave, from the journals.
#include "actors/execution/recovery/journal_replay.hpp"
#include "apps/host/slot_journals.hpp"
#include "apps/reports/audit_document.hpp"
#include "apps/settings/command_settings.hpp"
#include "apps/verbs/commands.hpp"

#include <fmt/format.h>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

result<nlohmann::ordered_json> audit(const fs::path& journal, trading_state& trading) {
  command_audit commands{trading};
  auto known_after = trading.last_event();
  auto replayed = replay_journal(
      journal, trading,
      {.before = [&commands](auto& event) { commands.before(event); },
       .after = [&commands](auto& event, auto& decided) { commands.after(event, decided); },
       .mark = nullptr});
  if (!replayed) return tl::make_unexpected(replayed.error());
  return describe_audit(commands, journal.string(), trading.last_event(), known_after);
}

} // namespace

int show_audit(const audit_flags& flags) {
  auto loaded = load_journal_settings(flags.config, flags.state_dir);
  if (print_faults(loaded.faults)) return exit_usage;
  auto journals = find_journals(loaded.value);
  if (!journals) return fail_with(journals.error(), exit_usage);
  auto documents = nlohmann::ordered_json::array();
  for (auto& journal : *journals) {
    auto trading = make_trading_state(loaded.value, journal);
    if (!trading) return fail_with(trading.error(), exit_usage);
    auto document = audit(journal, **trading);
    if (!document) return fail_with(document.error(), exit_failure);
    documents.push_back(std::move(*document));
  }
  if (flags.json) {
    fmt::print("{}", to_text({{"journals", std::move(documents)}}));
    return 0;
  }
  for (auto& document : documents)
    fmt::print("{}{}", &document == &documents.front() ? "" : "\n", format_audit(document));
  return 0;
}

} // namespace tickmesh
