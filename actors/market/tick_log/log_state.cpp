#include "actors/market/tick_log/log_state.hpp"

#include "runtime/log/log_file.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <charconv>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view state_header = "tickmesh tick log 1\n";
constexpr std::string_view sealed_header = "tickmesh sealed segments 1\n";
constexpr std::uint64_t no_cut = UINT64_MAX;

std::string with_checksum(std::string body) {
  return body + fmt::format("checksum {:016x}\n", XXH3_64bits(body.data(), body.size()));
}

tl::unexpected<fault> corrupt(const fs::path& path) {
  return fail(fmt::format("{}: the file is corrupt: its checksum does not fit its content; restore "
                          "it, or remove the log and let a replica fill it",
                          path.string()));
}

/// The lines behind the header; empty for an empty or absent file.
result<std::string> read_lines(file_system& files, const fs::path& path, std::string_view header) {
  auto text = read_file(files, path);
  if (!text || text->empty()) return text;
  auto end = text->rfind("checksum ");
  if (end == std::string::npos || !text->starts_with(header) || end < header.size() ||
      with_checksum(text->substr(0, end)) != *text)
    return corrupt(path);
  return text->substr(header.size(), end - header.size());
}

/// Takes a line of numbers off the front of `text`.
template <std::size_t Count>
bool take_line(std::string_view& text, std::array<std::uint64_t, Count>& out) {
  for (auto& value : out) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end == text.data() + text.size()) return false;
    if (*end != (&value == &out.back() ? '\n' : ' ')) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  }
  return true;
}

} // namespace

result<log_state> read_log_state(file_system& files, const fs::path& root) {
  auto lines = read_lines(files, root / state_name, state_header);
  if (!lines) return tl::make_unexpected(lines.error());
  log_state out;
  if (lines->empty()) return out;
  std::string_view rest = *lines;
  std::array<std::uint64_t, 3> values{};
  if (!take_line(rest, values) || !rest.empty()) return corrupt(root / state_name);
  out.floor = record_number{values[0]};
  out.floor_writer = epoch{values[1]};
  if (values[2] != no_cut) out.cut_after = record_number{values[2]};
  return out;
}

result<void> write_log_state(file_system& files, const fs::path& root, const log_state& state) {
  auto cut = state.cut_after ? state.cut_after->value : no_cut;
  return replace_file(files, root / state_name,
                      with_checksum(fmt::format("{}{} {} {}\n", state_header, state.floor.value,
                                                state.floor_writer.value, cut)));
}

result<std::vector<sealed_segment>> read_sealed(file_system& files, const fs::path& day) {
  auto lines = read_lines(files, day / sealed_name, sealed_header);
  if (!lines) return tl::make_unexpected(lines.error());
  std::vector<sealed_segment> out;
  std::string_view rest = *lines;
  while (!rest.empty()) {
    std::array<std::uint64_t, 6> v{};
    if (!take_line(rest, v)) return corrupt(day / sealed_name);
    out.push_back({record_number{v[0]}, record_number{v[1]}, v[2], v[3], v[4], v[5]});
  }
  return out;
}

result<void> write_sealed(file_system& files, const fs::path& day,
                          const std::vector<sealed_segment>& segments) {
  std::string body{sealed_header};
  for (auto& s : segments)
    body += fmt::format("{} {} {} {} {} {}\n", s.first.value, s.last.value, s.ticks, s.rejected,
                        s.tick_bytes, s.rejected_bytes);
  return replace_file(files, day / sealed_name, with_checksum(std::move(body)));
}

} // namespace tickmesh
