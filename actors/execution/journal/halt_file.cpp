#include "actors/execution/journal/halt_file.hpp"

#include "runtime/log/log_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace tickmesh {

namespace {

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// Takes a line off the front; nothing when there is none.
std::optional<std::string> take_line(std::string& text) {
  auto end = text.find('\n');
  if (end == std::string::npos) return std::nullopt;
  auto line = text.substr(0, end);
  text.erase(0, end + 1);
  return line;
}

std::optional<std::uint64_t> parse_event(const std::string& text) {
  std::uint64_t out = 0;
  auto* end = text.data() + text.size();
  auto [last, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || last != end) return std::nullopt;
  return out;
}

} // namespace

result<std::optional<halt_file>> read_halt_file(const std::filesystem::path& path,
                                                file_system& files) {
  auto text = read_file(files, path);
  if (!text) return tl::make_unexpected(text.error());
  if (text->empty()) return std::nullopt;
  auto mode = take_line(*text), who = take_line(*text), reason = take_line(*text);
  auto event = take_line(*text);
  auto number = event ? parse_event(*event) : std::nullopt;
  for (auto known : {trading_mode::active, trading_mode::reducing, trading_mode::halted})
    if (number && *mode == to_string(known)) return halt_file{{known, *who, *reason}, *number};
  return fail(fmt::format("{} is damaged: four lines are expected, ACTIVE, REDUCING or HALTED, who "
                          "said so, why, and the number of an event; remove it to begin ACTIVE",
                          path.string()));
}

result<void> write_halt_file(const std::filesystem::path& path, const halt_file& kept,
                             file_system& files) {
  auto& [mode, who, reason] = kept.notice;
  return replace_file(files, path,
                      fmt::format("{}\n{}\n{}\n{}\n", to_string(mode), one_line(who),
                                  one_line(reason), kept.event));
}

} // namespace tickmesh
