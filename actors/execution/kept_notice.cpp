#include "actors/execution/kept_notice.hpp"

#include "runtime/log_file.hpp"

#include <fmt/format.h>

#include <algorithm>
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

} // namespace

result<std::optional<trading_notice>> read_kept_notice(const std::filesystem::path& path,
                                                       file_system& files) {
  auto text = read_file(files, path);
  if (!text) return tl::make_unexpected(text.error());
  if (text->empty()) return std::nullopt;
  auto mode = take_line(*text), who = take_line(*text), reason = take_line(*text);
  for (auto known : {trading_mode::active, trading_mode::reducing, trading_mode::halted})
    if (reason && *mode == to_string(known)) return trading_notice{known, *who, *reason};
  return fail(
      fmt::format("{} is damaged: three lines are expected, ACTIVE, REDUCING or HALTED, who "
                  "said so, and why; remove it to begin ACTIVE",
                  path.string()));
}

result<void> write_kept_notice(const std::filesystem::path& path, const trading_notice& notice,
                               file_system& files) {
  return replace_file(files, path,
                      fmt::format("{}\n{}\n{}\n", to_string(notice.mode), one_line(notice.who),
                                  one_line(notice.reason)));
}

} // namespace tickmesh
