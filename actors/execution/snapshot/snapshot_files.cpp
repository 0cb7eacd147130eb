#include "actors/execution/snapshot/snapshot_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tickmesh {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view prefix = "snapshot-";

} // namespace

std::string snapshot_file_name(std::uint64_t event) {
  return fmt::format("{}{:012}", prefix, event);
}

std::optional<std::uint64_t> parse_snapshot_file_name(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  auto digits = name.substr(prefix.size());
  std::uint64_t event = 0;
  auto end = digits.data() + digits.size();
  auto [read_to, error] = std::from_chars(digits.data(), end, event);
  bool is_read = error == std::errc{} && read_to == end && snapshot_file_name(event) == name;
  return is_read ? std::optional{event} : std::nullopt;
}

result<std::vector<std::uint64_t>> list_snapshots(file_system& files, const fs::path& directory) {
  std::vector<std::string> names;
  if (files.list(directory, names) != 0)
    return file_fault(directory, "the directory can't be read");
  std::vector<std::uint64_t> out;
  for (auto& name : names)
    if (auto event = parse_snapshot_file_name(name)) out.push_back(*event);
  std::ranges::sort(out);
  return out;
}

result<void> write_snapshot(file_system& files, const fs::path& directory, std::uint64_t event,
                            std::string_view bytes) {
  return replace_file(files, directory / snapshot_file_name(event), bytes);
}

result<void> remove_snapshot(file_system& files, const fs::path& directory, std::uint64_t event) {
  return remove_file(files, directory / snapshot_file_name(event));
}

result<void> remove_unfinished_snapshots(file_system& files, const fs::path& directory) {
  std::vector<std::string> names;
  if (files.list(directory, names) != 0)
    return file_fault(directory, "the directory can't be read");
  for (auto& name : names)
    if (name.starts_with(prefix) && name.ends_with(temporary_suffix))
      if (auto done = remove_file(files, directory / name); !done) return done;
  return {};
}

} // namespace tickmesh
