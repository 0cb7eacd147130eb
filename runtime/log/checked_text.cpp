#include "runtime/log/checked_text.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace tickmesh {

namespace {

std::string with_checksum(std::string body) {
  return body + fmt::format("checksum {:016x}\n", XXH3_64bits(body.data(), body.size()));
}

} // namespace

tl::unexpected<fault> corrupt_text(const std::filesystem::path& path, std::string_view remedy) {
  return fail(fmt::format("{}: the file is corrupt: its checksum does not fit its content; {}",
                          path.string(), remedy));
}

result<std::string> read_checked_text(file_system& files, const std::filesystem::path& path,
                                      std::string_view header, std::string_view remedy) {
  auto text = read_file(files, path);
  if (!text || text->empty()) return text;
  auto end = text->rfind("checksum ");
  if (end == std::string::npos || !text->starts_with(header) || end < header.size() ||
      with_checksum(text->substr(0, end)) != *text)
    return corrupt_text(path, remedy);
  return text->substr(header.size(), end - header.size());
}

result<void> write_checked_text(file_system& files, const std::filesystem::path& path,
                                std::string_view header, std::string_view lines) {
  return replace_file(files, path, with_checksum(std::string{header} + std::string{lines}));
}

} // namespace tickmesh
