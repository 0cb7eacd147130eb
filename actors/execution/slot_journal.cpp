#include "actors/execution/slot_journal.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr const char* identity_name = "run";
constexpr const char* ended_name = "ended";
constexpr const char* symbols_name = "symbols";

std::string identity_text(const slot_journal_options& options) {
  return fmt::format("{:016x}\n", options.run_identity);
}

std::string symbols_text(const std::vector<std::string>& symbols) {
  std::string out;
  for (auto& symbol : symbols)
    out += symbol + '\n';
  return out;
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
  bool has_ended = has_journal_ended(directory);
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
  if (auto noted = replace_file(files, directory / symbols_name, symbols_text(options.symbols));
      !noted)
    return tl::make_unexpected(noted.error());
  if (auto removed = remove_file(files, directory / ended_name); !removed)
    return tl::make_unexpected(removed.error());
  out.log = std::move(*log);
  return out;
}

result<std::vector<std::string>> read_journal_symbols(const fs::path& directory,
                                                      file_system& files) {
  auto text = read_file(files, directory / symbols_name);
  if (!text) return tl::make_unexpected(text.error());
  if (text->empty())
    return fail(fmt::format("{} is missing, or empty; it names the symbols of the journal",
                            (directory / symbols_name).string()));
  std::vector<std::string> out;
  std::string_view rest{*text};
  while (!rest.empty()) {
    auto end = std::min(rest.find('\n'), rest.size());
    out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::uint64_t run_identity_of(std::uint64_t configuration_hash,
                              const std::vector<std::string>& symbols) {
  auto text = symbols_text(symbols);
  return configuration_hash ^ XXH3_64bits(text.data(), text.size());
}

result<std::optional<std::uint64_t>> read_run_identity(const fs::path& directory,
                                                       file_system& files) {
  auto text = read_file(files, directory / identity_name);
  if (!text) return tl::make_unexpected(text.error());
  if (text->empty()) return std::nullopt;
  std::uint64_t out = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out, 16);
  if (error != std::errc{} || end != text->data() + text->size() - 1)
    return fail(
        fmt::format("{} holds no run identity: {}", (directory / identity_name).string(), *text));
  return out;
}

bool has_journal_ended(const fs::path& directory) {
  std::error_code error;
  return fs::exists(directory / ended_name, error);
}

result<void> mark_journal_ended(const fs::path& directory, file_system& files) {
  return replace_file(files, directory / ended_name, "");
}

} // namespace tickmesh
