#include "apps/results/result_parts.hpp"

#include "runtime/results/row_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace tickmesh {

using json = nlohmann::ordered_json;

namespace {

result<json> read_json(const std::string& path) {
  auto text = read_text_file(path);
  if (!text) return tl::unexpected(text.error());
  auto document = json::parse(*text, nullptr, false);
  if (document.is_discarded()) return fail(path + ": not a JSON file");
  return document;
}

/// Hands the document in a file to `take`; one of another form is a fault that names the file.
template <class Take>
result<void> take_document(const std::string& path, Take take) {
  auto document = read_json(path);
  if (!document) return tl::unexpected(document.error());
  try {
    take(*document);
  } catch (const std::exception&) { // the JSON library's, and std::stoul's, in their own words
    return fail(fmt::format("{}: not of the form that a run writes; was it changed since?", path));
  }
  return {};
}

/// The hosts' directories below `directory`, or the directory itself.
result<std::vector<std::string>> find_parts(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(directory + "/process.json", error)) return std::vector{directory};
  std::vector<std::string> out;
  for (auto& entry : fs::directory_iterator{directory + "/parts", error})
    if (fs::exists(entry.path() / "process.json", error)) out.push_back(entry.path().string());
  if (out.empty())
    return fail(fmt::format("{}: holds no results; a directory that was given to tickmesh run "
                            "--results has parts/HOST/process.json",
                            directory));
  return out;
}

slot_name slot_from_text(const std::string& text) {
  slot_name out;
  auto slash = text.find('/');
  for (std::size_t r = 0; r < role_names.size(); ++r)
    if (text.substr(0, slash) == role_names[r]) out.of = static_cast<role>(r);
  out.index = static_cast<std::uint16_t>(std::stoul(text.substr(slash + 1)));
  return out;
}

slot_report read_report(const json& document) {
  slot_report out;
  out.rows = document.at("rows");
  for (auto& [name, count] : document.at("counts").items())
    out.counts[name] = count;
  for (auto& [name, ns] : document.at("moments").items())
    out.moments[name] = ns;
  for (auto& [name, delays] : document.at("delays").items()) {
    std::map<std::uint32_t, std::uint64_t> buckets;
    for (auto& [bucket, count] : delays.at("buckets").items())
      buckets[static_cast<std::uint32_t>(std::stoul(bucket))] = count;
    out.delays[name] = delay_histogram::from_buckets(std::move(buckets), delays.at("negative"),
                                                     delays.at("max_ns"));
  }
  return out;
}

/// The reports of a host's slots. Those that it had to hand over count no more.
result<void> read_slots(const std::string& host_id, result_parts& out) {
  for (auto& entry : std::filesystem::directory_iterator{out.directories.at(host_id)}) {
    auto name = entry.path().filename().string();
    if (!name.starts_with("slot-") || !name.ends_with(".json")) continue;
    auto taken = take_document(entry.path().string(), [&](const json& document) {
      auto slot = slot_from_text(document.at("slot"));
      auto report = read_report(document);
      auto owner = out.owners.find(slot);
      if (owner != out.owners.end() && owner->second == host_id) out.slots[slot] = report;
    });
    if (!taken) return taken;
  }
  return {};
}

result<void> check_same_run(const result_parts& parts) {
  const json* first = nullptr;
  for (auto& [id, host] : parts.hosts) {
    // It stopped before it had taken in the first view: it ran no slot.
    // NOLINTNEXTLINE(readability-container-size-empty): a JSON text of no characters is not empty()
    if (host.at("cluster_id") == "") continue;
    if (first != nullptr && (host.at("cluster_id") != first->at("cluster_id") ||
                             host.at("epoch") != first->at("epoch")))
      return fail(fmt::format("the parts of {} and {} come from different runs (epochs {} and {}); "
                              "remove the older one",
                              first->at("host_id").get<std::string>(), id,
                              first->at("epoch").get<std::uint64_t>(),
                              host.at("epoch").get<std::uint64_t>()));
    first = &host;
  }
  return {};
}

/// Why the cluster stopped, as its control host says.
std::string reason_of(const json& cluster) {
  auto reason = cluster.find("reason");
  // NOLINTNEXTLINE(readability-container-size-empty): as above
  bool is_told = reason != cluster.end() && reason->is_string() && *reason != "";
  return is_told ? reason->get<std::string>() : "its control host does not say why";
}

std::string list_hosts(const result_parts& parts) {
  std::string out;
  for (auto& [id, host] : parts.hosts)
    out += (out.empty() ? "" : ", ") + id;
  return out;
}

} // namespace

result<void> check_result_directories(const std::vector<std::string>& directories) {
  for (auto& directory : directories)
    if (auto found = find_parts(directory); !found) return tl::make_unexpected(found.error());
  return {};
}

std::vector<std::string> result_parts::row_files(std::string_view kind) const {
  std::vector<std::string> out;
  for (auto& [slot, report] : slots) {
    auto path =
        fmt::format("{}/{}.csv", directories.at(owners.at(slot)), rows_name(kind, report.rows));
    if (std::filesystem::exists(path)) out.push_back(std::move(path));
  }
  return out;
}

result<result_parts> read_parts(const std::vector<std::string>& directories) {
  result_parts out;
  std::vector<std::string> found;
  for (auto& directory : directories) {
    auto below = find_parts(directory);
    if (!below) return tl::unexpected(below.error());
    found.insert(found.end(), below->begin(), below->end());
  }
  std::sort(found.begin(), found.end());
  for (auto& directory : found) {
    std::string id;
    auto process = take_document(directory + "/process.json", [&](const json& document) {
      id = document.at("host_id");
      for (auto key : {"cluster_id", "currency"})
        document.at(key).get<std::string>();
      for (auto key : {"epoch", "cpu_seconds"})
        document.at(key).get<double>();
      out.hosts.emplace(id, document);
    });
    if (!process) return tl::unexpected(process.error());
    if (!out.directories.emplace(id, directory).second)
      return fail(fmt::format("{}: a second part of host {}", directory, id));
    if (std::filesystem::exists(directory + "/cluster.json")) {
      auto cluster = take_document(directory + "/cluster.json", [&](const json& document) {
        for (auto& slot : document.at("slots"))
          out.owners[slot_from_text(slot.at("slot"))] = slot.at("host_id");
        out.cluster = document;
      });
      if (!cluster) return tl::unexpected(cluster.error());
    }
  }
  if (auto same = check_same_run(out); !same) return tl::unexpected(same.error());
  if (out.cluster.is_null())
    return fail("the control host's part (with cluster.json) is missing; name its results "
                "directory, too");
  if (out.cluster.at("slots").empty())
    return fail(
        fmt::format("the cluster never started, so there are no results: {}; its hosts were "
                    "{}",
                    reason_of(out.cluster), list_hosts(out)));
  for (auto& [id, directory] : out.directories)
    if (auto slots = read_slots(id, out); !slots) return tl::unexpected(slots.error());
  for (auto& [slot, host_id] : out.owners)
    if (!out.slots.contains(slot))
      return fail(fmt::format("the part of {} on host {} is missing: it did not finish, or its "
                              "results directory was not named",
                              format_slot(slot), host_id));
  return out;
}

} // namespace tickmesh
