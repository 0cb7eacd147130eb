#include "actors/execution/journal/journal_state.hpp"

#include "actors/execution/journal/journal_record.hpp"
#include "runtime/log/checked_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view header = "tickmesh journal 1\n";
constexpr std::string_view remedy = "restore it from a copy";

std::string lines_of(const journal_state& state) {
  return fmt::format("released {}\nsynced {}\n", state.released, state.synced);
}

} // namespace

result<journal_state> read_journal_state(file_system& files, const fs::path& directory) {
  auto path = directory / journal_state_name;
  auto lines = read_checked_text(files, path, header, remedy);
  if (!lines) return tl::make_unexpected(lines.error());
  journal_state out;
  if (lines->empty()) return out;
  unsigned long long released = 0, synced = 0;
  bool is_read =
      std::sscanf(lines->c_str(), "released %llu\nsynced %llu\n", &released, &synced) == 2;
  out = {released, synced};
  if (!is_read || lines_of(out) != *lines) return corrupt_text(path, remedy);
  return out;
}

result<void> write_journal_state(file_system& files, const fs::path& directory,
                                 const journal_state& state) {
  return write_checked_text(files, directory / journal_state_name, header, lines_of(state));
}

result<std::vector<std::uint64_t>> list_journal_files(file_system& files,
                                                      const fs::path& directory) {
  std::vector<std::string> names;
  if (files.list(directory, names) != 0)
    return file_fault(directory, "the directory can't be read");
  std::vector<std::uint64_t> out;
  for (auto& name : names)
    if (auto first = parse_journal_file_name(name)) out.push_back(*first);
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace tickmesh
