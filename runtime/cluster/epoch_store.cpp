#include "runtime/cluster/epoch_store.hpp"

#include "runtime/log/directories.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view file_name = "epoch";
constexpr std::string_view header_line = "tickmesh epoch store 1\n";

std::string system_reason() {
  return std::generic_category().message(errno);
}

tl::unexpected<fault> corrupt_fault(const fs::path& path, std::string_view what) {
  return fail(
      fmt::format("{}: {}; restore the file, or remove it, and where it is the coordinator's "
                  "start that once with --recover",
                  path.string(), what));
}

std::string checksum_line(std::string_view body) {
  return fmt::format("checksum {:016x}\n", XXH3_64bits(body.data(), body.size()));
}

std::string format_epoch(const cluster_epoch& value) {
  auto body =
      fmt::format("{}cluster_id {}\nepoch {}\n", header_line, value.cluster_id, value.number.value);
  for (auto& owner : value.data_owners)
    body += fmt::format("data_owner {}\n", owner);
  return body + checksum_line(body);
}

/// Takes `name VALUE\n` off the front of `text`.
bool take_field(std::string_view& text, std::string_view name, std::string_view& value) {
  auto end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(name) || text.size() <= name.size() ||
      text[name.size()] != ' ')
    return false;
  value = text.substr(name.size() + 1, end - name.size() - 1);
  text.remove_prefix(end + 1);
  return true;
}

result<cluster_epoch> parse_epoch(const fs::path& path, std::string_view text) {
  auto checksum = text.rfind("checksum ");
  if (checksum == std::string_view::npos || text.back() != '\n')
    return corrupt_fault(path, "the file is truncated: it has no checksum at its end");
  auto rest = text.substr(0, checksum);
  if (text.substr(checksum) != checksum_line(rest))
    return corrupt_fault(path, "the file is corrupt: its checksum does not fit its content");
  if (!rest.starts_with(header_line))
    return corrupt_fault(path, "the file is not an epoch store of version 1");
  rest.remove_prefix(header_line.size());
  std::string_view id, number, owner;
  cluster_epoch out;
  bool is_read = take_field(rest, "cluster_id", id) && take_field(rest, "epoch", number);
  while (take_field(rest, "data_owner", owner))
    out.data_owners.emplace_back(owner);
  if (!is_read || !rest.empty())
    return corrupt_fault(path, "the file does not hold a cluster_id and an epoch");
  out.cluster_id = id;
  if (id.find(' ') != std::string_view::npos)
    return corrupt_fault(path, "the cluster_id has a blank in it");
  auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), out.number.value);
  if (error != std::errc{} || end != number.data() + number.size() || out.cluster_id.empty() ||
      out.number.value == 0)
    return corrupt_fault(path, "the cluster_id is empty or the epoch is not a positive number");
  return out;
}

/// The whole file, empty text where there is none.
result<std::string> read_text(file_system& files, const fs::path& path) {
  std::string text;
  auto is_there = read_file(files, path, text);
  if (!is_there) return file_fault(path, "the epoch can't be read");
  if (*is_there && text.empty()) return corrupt_fault(path, "the file is truncated: it is empty");
  return text;
}

} // namespace

epoch_store::epoch_store(fs::path directory, file_system& files, log_file lock)
    : directory_(std::move(directory)), files_(&files), lock_(std::move(lock)) {}

result<epoch_store> epoch_store::open(const fs::path& directory, file_system& files) {
  if (auto made = make_directories(files, directory); !made)
    return fail(fmt::format("{}: the directory can't be made: {}; choose another state_dir",
                            directory.string(), system_reason()));
  auto lock = log_file::open(files, directory, O_RDONLY | O_DIRECTORY);
  if (!lock) return file_fault(directory, "the directory can't be opened");
  if (files.lock(lock->descriptor()) != 0) {
    if (errno != EWOULDBLOCK) return file_fault(directory, "the directory can't be locked");
    return fail(fmt::format("{}: the directory is locked by another process; stop that process, or "
                            "give this host its own id or state_dir",
                            directory.string()));
  }
  epoch_store store{directory, files, std::move(*lock)};
  auto path = directory / file_name;
  auto text = read_text(files, path);
  if (!text) return tl::make_unexpected(text.error());
  if (text->empty()) return store;
  auto value = parse_epoch(path, *text);
  if (!value) return tl::make_unexpected(value.error());
  store.current_ = std::move(*value);
  return store;
}

result<void> epoch_store::save(const cluster_epoch& value) {
  auto path = directory_ / file_name;
  if (value.cluster_id.empty() || value.number.value == 0 ||
      value.cluster_id.find_first_of(" \n") != std::string::npos)
    return fail(fmt::format("{}: epoch {} of cluster `{}` can't be stored; both must be set",
                            path.string(), value.number.value, value.cluster_id));
  bool same_cluster = value.cluster_id == current_.cluster_id;
  if (value.number < current_.number || (value.number == current_.number && !same_cluster))
    return fail(fmt::format("{}: epoch {} of cluster {} is not newer than the stored epoch {} of "
                            "cluster {}; an older coordinator may be running",
                            path.string(), value.number.value, value.cluster_id,
                            current_.number.value, current_.cluster_id));
  if (auto written = replace_file(*files_, path, format_epoch(value)); !written)
    return file_fault(path, "the epoch can't be written");
  current_ = value;
  return {};
}

result<std::string> make_cluster_id() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return fail(fmt::format("no cluster id can be made: {}", system_reason()));
  std::string out;
  for (auto b : bytes)
    out += fmt::format("{:02x}", b);
  return out;
}

result<void> check_seen_epoch(const cluster_epoch& stored, const cluster_epoch& seen,
                              std::string_view host_id, bool recover) {
  if (recover || seen.number.value == 0 || seen.cluster_id == stored.cluster_id) return {};
  if (stored.number.value == 0)
    return fail(fmt::format("host {} has seen epoch {} of cluster {}, but the coordinator's store "
                            "is empty; restore the coordinator's state_dir, or start the "
                            "coordinator once with --recover",
                            host_id, seen.number.value, seen.cluster_id));
  return fail(
      fmt::format("host {} belongs to cluster {} (epoch {}), the coordinator to cluster {}; "
                  "join the right cluster, or give the host an empty state_dir, or start "
                  "the coordinator once with --recover",
                  host_id, seen.cluster_id, seen.number.value, stored.cluster_id));
}

cluster_epoch next_epoch(const cluster_epoch& stored, std::span<const cluster_epoch> seen,
                         std::string_view fresh_cluster_id) {
  auto highest = stored;
  for (auto& s : seen)
    if (s.number > highest.number) highest = s;
  cluster_epoch out{stored.cluster_id, highest.number + epoch{1}};
  if (out.cluster_id.empty()) out.cluster_id = highest.cluster_id;
  if (out.cluster_id.empty()) out.cluster_id = fresh_cluster_id;
  return out;
}

} // namespace tickmesh
