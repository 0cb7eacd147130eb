#include "actors/execution/journal/journal_state.hpp"

#include "actors/execution/journal/journal_record.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdio>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

std::string format_state(const journal_state& state) {
  auto body =
      fmt::format("tickmesh journal 1\nreleased {}\nsynced {}\n", state.released, state.synced);
  return body + fmt::format("checksum {:016x}\n", XXH3_64bits(body.data(), body.size()));
}

} // namespace

result<journal_state> read_journal_state(file_system& files, const fs::path& directory) {
  auto path = directory / journal_state_name;
  auto text = read_file(files, path);
  if (!text) return tl::make_unexpected(text.error());
  journal_state out;
  if (text->empty()) return out;
  unsigned long long released = 0, synced = 0;
  bool is_read = std::sscanf(text->c_str(), "tickmesh journal 1\nreleased %llu\nsynced %llu\n",
                             &released, &synced) == 2;
  out = {released, synced};
  if (!is_read || format_state(out) != *text)
    return fail(fmt::format("{}: the file is corrupt: its checksum does not fit its content; "
                            "restore it from a copy",
                            path.string()));
  return out;
}

result<void> write_journal_state(file_system& files, const fs::path& directory,
                                 const journal_state& state) {
  return replace_file(files, directory / journal_state_name, format_state(state));
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
