#include "actors/market/tick_log/log_description.hpp"

#include "runtime/log/directories.hpp"
#include "runtime/log/log_file.hpp"
#include "runtime/results/row_files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <system_error>

namespace tickmesh {

namespace fs = std::filesystem;

namespace {

constexpr const char* description_name = "description.json";

/// Directories directly below `path`; none where it can't be read.
std::vector<fs::path> directories_in(const fs::path& path) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator at{path, error}; !error && at != fs::directory_iterator{};
       at.increment(error))
    if (at->is_directory(error)) out.push_back(at->path());
  return out;
}

void add_logs_in(const fs::path& path, std::vector<fs::path>& out) {
  for (auto& directory : directories_in(path))
    if (directory.filename().string().starts_with("data-") && is_slot_log(directory))
      out.push_back(directory);
}

} // namespace

log_description describe(const feed_source& source) {
  return {source.symbols().names(), source.source_names(), source.is_repeatable(),
          first_data_epoch};
}

result<void> write_log_description(const fs::path& directory, const log_description& description,
                                   file_system& files) {
  nlohmann::ordered_json document;
  document["repeatable"] = description.repeatable;
  document["data_epoch"] = description.data_epoch.value;
  document["sources"] = description.sources;
  document["symbols"] = description.symbols;
  return replace_file(files, directory / description_name,
                      document.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) +
                          "\n");
}

result<log_description> read_log_description(const fs::path& directory, file_system& files) {
  auto path = (directory / description_name).string();
  auto text = read_text_file(path, files);
  if (!text) return tl::unexpected(text.error());
  auto document = nlohmann::json::parse(*text, nullptr, false);
  log_description out;
  try {
    out.repeatable = document.at("repeatable").get<bool>();
    out.data_epoch = epoch{document.value("data_epoch", first_data_epoch.value)};
    out.sources = document.at("sources").get<std::vector<std::string>>();
    out.symbols = document.at("symbols").get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    return fail(fmt::format("{}: not the description of a tick log", path));
  }
  return out;
}

bool is_slot_log(const fs::path& directory, file_system& files) {
  return exists(files, directory / description_name);
}

result<std::vector<fs::path>> find_slot_logs(const fs::path& path) {
  std::vector<fs::path> out;
  if (is_slot_log(path)) return std::vector{path};
  add_logs_in(path, out);
  add_logs_in(path / "ticks", out);
  for (auto& host : directories_in(path))
    add_logs_in(host / "ticks", out);
  if (out.empty())
    return fail(fmt::format("{}: no tick log is there; give the directory of a slot's log "
                            "(STATE_DIR/HOST/ticks/data-0) or a state directory",
                            path.string()));
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace tickmesh
