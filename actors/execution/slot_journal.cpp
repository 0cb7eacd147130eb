#include "actors/execution/slot_journal.hpp"

#include <fmt/format.h>

#include <system_error>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr const char* identity_name = "run";
constexpr const char* ended_name = "ended";

std::string identity_text(const slot_journal_options& options) {
  return fmt::format("{:016x}\n", options.run_identity);
}

result<void> remove_journal(const fs::path& directory) {
  std::error_code error;
  fs::remove_all(directory, error);
  if (error) return fail(fmt::format("cannot remove {}: {}", directory.string(), error.message()));
  return {};
}

result<fs::path> set_aside(const fs::path& directory) {
  std::error_code error;
  fs::path aside;
  for (int i = 1; aside.empty() || fs::exists(aside, error); ++i)
    aside = fmt::format("{}.aside-{}", directory.string(), i);
  fs::rename(directory, aside, error);
  if (error) return fail(fmt::format("cannot rename {}: {}", directory.string(), error.message()));
  return aside;
}

result<std::shared_ptr<journal>> open(const slot_journal_options& options, file_system& files) {
  std::error_code error;
  fs::create_directories(options.directory.parent_path(), error);
  if (error)
    return fail(fmt::format("cannot make {}: {}", options.directory.parent_path().string(),
                            error.message()));
  return journal::open({.directory = options.directory,
                        .segment_bytes_max = options.settings.segment_mib << 20,
                        .cut_unsynced = options.settings.cut_unsynced},
                       files)
      .map([](std::unique_ptr<journal> log) { return std::shared_ptr<journal>{std::move(log)}; });
}

} // namespace

result<slot_journal> open_slot_journal(const slot_journal_options& options, file_system& files) {
  auto& directory = options.directory;
  slot_journal out;
  auto log = open(options, files); // also makes sure that nobody else has it
  if (!log) return tl::make_unexpected(log.error());
  auto identity = read_file(files, directory / identity_name);
  if (!identity) return tl::make_unexpected(identity.error());
  bool is_other = !identity->empty() && *identity != identity_text(options);
  std::error_code error;
  bool has_ended = fs::exists(directory / ended_name, error);
  if (is_other && !options.source_is_repeatable)
    return fail(fmt::format("{} was written with other settings or symbols; move the directory "
                            "away, or give host.state_dir another value",
                            directory.string()));
  if (options.source_is_repeatable && (has_ended || is_other)) {
    log->reset();
    if (has_ended) {
      if (auto removed = remove_journal(directory); !removed)
        return tl::make_unexpected(removed.error());
    } else {
      auto aside = set_aside(directory);
      if (!aside) return tl::make_unexpected(aside.error());
      out.note = fmt::format(
          "the journal of a run with other settings that had not ended is now {}", aside->string());
    }
    log = open(options, files);
    if (!log) return tl::make_unexpected(log.error());
  }
  if (auto noted = replace_file(files, directory / identity_name, identity_text(options)); !noted)
    return tl::make_unexpected(noted.error());
  if (auto removed = remove_file(files, directory / ended_name); !removed)
    return tl::make_unexpected(removed.error());
  out.log = std::move(*log);
  return out;
}

result<void> mark_journal_ended(const fs::path& directory, file_system& files) {
  return replace_file(files, directory / ended_name, "");
}

} // namespace tickmesh
