// Small text files beside a log that say what must be there: a header line, lines of content, and a
// line with a checksum of both.
#pragma once

#include "messages/result.hpp"
#include "runtime/log/log_file.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace tickmesh {

/// The lines between header and checksum; empty where there is no such file. Fails on one that is
/// damaged; `remedy` ends the sentence.
result<std::string> read_checked_text(file_system& files, const std::filesystem::path& path,
                                      std::string_view header, std::string_view remedy);

/// Returns when the file would survive the loss of power.
result<void> write_checked_text(file_system& files, const std::filesystem::path& path,
                                std::string_view header, std::string_view lines);

/// The fault of a file whose content can't be what was written.
tl::unexpected<fault> corrupt_text(const std::filesystem::path& path, std::string_view remedy);

} // namespace tickmesh
