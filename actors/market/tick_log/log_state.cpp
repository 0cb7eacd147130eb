#include "actors/market/tick_log/log_state.hpp"

#include "runtime/log/checked_text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view state_header = "tickmesh tick log 1\n";
constexpr std::string_view sealed_header = "tickmesh sealed segments 1\n";
constexpr std::uint64_t no_cut = UINT64_MAX;

constexpr std::string_view remedy = "restore it, or remove the log and let a replica fill it";

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
  auto lines = read_checked_text(files, root / state_name, state_header, remedy);
  if (!lines) return tl::make_unexpected(lines.error());
  log_state out;
  if (lines->empty()) return out;
  std::string_view rest = *lines;
  std::array<std::uint64_t, 3> values{};
  if (!take_line(rest, values) || !rest.empty()) return corrupt_text(root / state_name, remedy);
  out.floor = record_number{values[0]};
  out.floor_writer = epoch{values[1]};
  if (values[2] != no_cut) out.cut_after = record_number{values[2]};
  return out;
}

result<void> write_log_state(file_system& files, const fs::path& root, const log_state& state) {
  auto cut = state.cut_after ? state.cut_after->value : no_cut;
  return write_checked_text(
      files, root / state_name, state_header,
      fmt::format("{} {} {}\n", state.floor.value, state.floor_writer.value, cut));
}

result<std::vector<sealed_segment>> read_sealed(file_system& files, const fs::path& day) {
  auto lines = read_checked_text(files, day / sealed_name, sealed_header, remedy);
  if (!lines) return tl::make_unexpected(lines.error());
  std::vector<sealed_segment> out;
  std::string_view rest = *lines;
  while (!rest.empty()) {
    std::array<std::uint64_t, 6> v{};
    if (!take_line(rest, v)) return corrupt_text(day / sealed_name, remedy);
    out.push_back({record_number{v[0]}, record_number{v[1]}, v[2], v[3], v[4], v[5]});
  }
  return out;
}

result<void> write_sealed(file_system& files, const fs::path& day,
                          const std::vector<sealed_segment>& segments) {
  std::string lines;
  for (auto& s : segments)
    lines += fmt::format("{} {} {} {} {} {}\n", s.first.value, s.last.value, s.ticks, s.rejected,
                         s.tick_bytes, s.rejected_bytes);
  return write_checked_text(files, day / sealed_name, sealed_header, lines);
}

} // namespace tickmesh
