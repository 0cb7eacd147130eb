#include "actors/execution/journal/slot_journal.hpp"

#include "runtime/log/directories.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr const char* identity_name = "run";
constexpr const char* symbols_name = "symbols";
constexpr const char* ended_name = "ended";
/// The boot of the machine in which it is written; all_synced where no record waits to be.
constexpr const char* boot_name = "boot";
constexpr const char* all_synced = "synced";

std::string identity_text(const journal_run& run) {
  return fmt::format("{:016x}\n", run.identity());
}

std::string symbols_text(const journal_run& run) {
  std::string out;
  for (auto& symbol : run.symbols)
    out += symbol + '\n';
  return out;
}

bool is_journal(const fs::path& directory) {
  std::error_code error;
  return fs::is_regular_file(directory / identity_name, error);
}

/// `exec-` and digits.
bool is_slot_name(std::string_view name) {
  constexpr std::string_view prefix = "exec-";
  return name.size() > prefix.size() && name.starts_with(prefix) &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

void add_journals_in(const fs::path& directory, std::vector<fs::path>& out) {
  std::error_code error;
  for (auto& entry : fs::directory_iterator{directory, error})
    if (is_slot_name(entry.path().filename().string()) && is_journal(entry.path()))
      out.push_back(entry.path());
}

/// Directories that are put aside; more can't be looked at, or have been forgotten.
constexpr int asides_max = 10'000;

result<fs::path> set_aside(const fs::path& directory, file_system& files) {
  fs::path aside;
  for (int i = 1; aside.empty() || exists(files, aside); ++i) {
    if (i > asides_max) return file_fault(directory, "the directory can't be put aside");
    aside = fmt::format("{}.aside-{}", directory.string(), i);
  }
  if (files.rename(directory, aside) != 0)
    return file_fault(directory, "the directory can't be renamed");
  return aside; // on the disk with the directory that is made in its place
}

/// The symbols first: where there is an identity, they are there, too.
result<void> note_run(const fs::path& directory, const journal_run& run, file_system& files) {
  if (auto noted = replace_file(files, directory / symbols_name, symbols_text(run)); !noted)
    return noted;
  return replace_file(files, directory / identity_name, identity_text(run));
}

result<std::shared_ptr<journal>> open(const slot_journal_options& options, file_system& files) {
  auto log = journal::open({.directory = options.directory,
                            .segment_bytes_max = options.settings.segment_mib << 20,
                            .cut_unsynced = options.settings.cut_unsynced},
                           files);
  if (!log) return tl::make_unexpected(log.error());
  if (auto removed = remove_dropped(files, options.directory); !removed)
    return tl::make_unexpected(removed.error());
  return std::shared_ptr<journal>{std::move(*log)};
}

} // namespace

std::uint64_t journal_run::identity() const {
  auto names = symbols_text(*this);
  return configuration_hash ^ XXH3_64bits(names.data(), names.size());
}

result<slot_journal> open_slot_journal(const slot_journal_options& options, file_system& files) {
  auto& directory = options.directory;
  slot_journal out;
  auto log = open(options, files); // also makes sure that nobody else has it
  if (!log) return tl::make_unexpected(log.error());
  auto identity = read_file(files, directory / identity_name);
  if (!identity) return tl::make_unexpected(identity.error());
  bool is_other = !identity->empty() && *identity != identity_text(options.run);
  bool has_ended = has_journal_ended(directory, files);
  if (options.source_is_repeatable && (has_ended || is_other)) {
    log->reset();
    if (has_ended) {
      if (auto dropped = drop_directory(files, directory); !dropped)
        return tl::make_unexpected(dropped.error());
    } else {
      auto aside = set_aside(directory, files);
      if (!aside) return tl::make_unexpected(aside.error());
      out.note = fmt::format(
          "the journal of a run with other settings that had not ended is now {}", aside->string());
    }
    log = open(options, files);
    if (!log) return tl::make_unexpected(log.error());
  }
  bool is_begun = options.source_is_repeatable || identity->empty();
  if (auto noted = is_begun ? note_run(directory, options.run, files) : result<void>{}; !noted)
    return tl::make_unexpected(noted.error());
  auto known = read_journal_identity(directory, files);
  if (!known) return tl::make_unexpected(known.error());
  out.identity = *known;
  if (auto removed = remove_file(files, directory / ended_name); !removed)
    return tl::make_unexpected(removed.error());
  auto written_in = read_file(files, directory / boot_name);
  if (!written_in) return tl::make_unexpected(written_in.error());
  out.may_lack_end = (*log)->last_event() > 0 && *written_in != all_synced &&
                     (written_in->empty() || *written_in != options.boot);
  out.log = std::move(*log);
  return out;
}

result<std::vector<std::string>> read_journal_symbols(const fs::path& directory,
                                                      file_system& files) {
  auto text = read_file(files, directory / symbols_name);
  if (!text) return tl::make_unexpected(text.error());
  if (text->empty())
    return fail(fmt::format("{}: is not there or empty; without it, nobody knows the names of the "
                            "journal's symbols",
                            (directory / symbols_name).string()));
  std::vector<std::string> out;
  for (std::string_view rest = *text; !rest.empty();) {
    auto line = rest.substr(0, rest.find('\n'));
    out.emplace_back(line);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return out;
}

result<std::vector<std::string>> read_journal_symbols(const fs::path& directory,
                                                      std::uint64_t configuration_hash,
                                                      file_system& files) {
  auto symbols = read_journal_symbols(directory, files);
  if (!symbols) return symbols;
  auto identity = read_file(files, directory / identity_name);
  if (!identity) return tl::make_unexpected(identity.error());
  if (*identity != identity_text({configuration_hash, *symbols}))
    return fail(fmt::format("{} was written with other settings than these; give the --config, "
                            "--set and TICKMESH_ variables that its run had",
                            directory.string()));
  return symbols;
}

result<std::uint64_t> read_journal_identity(const fs::path& directory, file_system& files) {
  auto text = read_file(files, directory / identity_name);
  if (!text) return tl::make_unexpected(text.error());
  std::uint64_t out = 0;
  auto end = text->data() + text->size();
  auto [read_to, error] = std::from_chars(text->data(), end, out, 16);
  if (error != std::errc{} || std::string_view(read_to, end) != "\n")
    return fail(fmt::format("{}: is not there, or is no identity of a run",
                            (directory / identity_name).string()));
  return out;
}

result<std::vector<fs::path>> find_slot_journals(const fs::path& path) {
  if (is_journal(path)) return std::vector{path};
  std::vector<fs::path> out;
  add_journals_in(path, out);
  std::error_code error;
  for (auto& host : fs::directory_iterator{path, error})
    add_journals_in(host.path() / "journal", out);
  if (out.empty())
    return fail(
        fmt::format("{}: no journal is there; give a state directory, or the directory of a "
                    "slot's journal (STATE_DIR/HOST/journal/exec-0)",
                    path.string()));
  std::sort(out.begin(), out.end());
  return out;
}

result<void> note_boot(const slot_journal_options& options, file_system& files) {
  bool is_synced = options.settings.durability == log_durability::always;
  return replace_file(files, options.directory / boot_name, is_synced ? all_synced : options.boot);
}

bool has_journal_ended(const fs::path& directory, file_system& files) {
  // One that can't be looked at counts as one that has not ended: what has ended may be dropped.
  return log_file::open(files, directory / ended_name, O_RDONLY).has_value();
}

result<void> mark_journal_ended(const fs::path& directory, file_system& files) {
  return replace_file(files, directory / ended_name, "");
}

} // namespace tickmesh
