// The sections [source] with those of each kind, [cleaning] and [tick_log].
#include "apps/settings/load_settings.hpp"

#include "actors/market/sources/file/line_reader.hpp"
#include "actors/market/sources/socket/socket_listener.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <limits>

namespace tickmesh {

namespace {

using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, source_kind>, 5> source_kinds{
    {{"sim", source_kind::sim},
     {"file", source_kind::file},
     {"load", source_kind::load},
     {"socket", source_kind::socket},
     {"ticklog", source_kind::ticklog}}};

constexpr std::array<std::pair<std::string_view, log_durability>, 3> durabilities{
    {{"always", log_durability::always},
     {"interval", log_durability::interval},
     {"never", log_durability::never}}};

constexpr std::array<std::pair<std::string_view, socket_format>, 2> socket_formats{
    {{"csv", socket_format::csv}, {"protobuf", socket_format::protobuf}}};

std::string to_lower(std::string_view text) {
  std::string out;
  for (char c : text)
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

void load_sim(toml_section section, sim_settings& out) {
  section.read("seed", out.seed, 0, std::numeric_limits<std::int64_t>::max());
  section.read("symbols", out.symbols, 1, 9999); // SIM#### has four digits
  section.read("ticks", out.ticks, 1, 1'000'000'000);
  section.read("ticks_per_second", out.ticks_per_second, 1, 100'000'000);
  section.read("start", out.start);
  auto shares = section.section("bad_share");
  for (std::size_t i = 0; i < sim_fault_count; ++i)
    shares.read_number(to_lower(reject_reason_names[i]), out.bad_share[i], 0, 0.1);
}

void load_generator(toml_section section, load_generator_settings& out) {
  section.read("seed", out.seed, 0, std::numeric_limits<std::int64_t>::max());
  section.read("symbols", out.symbols, 1, 99'999); // LOAD##### has five digits
  section.read("ticks", out.ticks, 1, std::uint64_t{1} << 48);
  section.read("ticks_per_second", out.ticks_per_second, 1, 100'000'000);
  section.read("run_length", out.run_length, 1, 4'096);
}

/// Paths in the file are relative to it.
void resolve_paths(toml_section& section, std::vector<std::string>& paths,
                   const std::string& directory) {
  if (!section.is_from_file("paths")) return;
  for (auto& path : paths)
    path = (std::filesystem::path{directory} / path).string();
}

void load_files(toml_section section, file_settings& out, const std::string& directory) {
  section.read("paths", out.paths);
  resolve_paths(section, out.paths, directory);
  for (auto& path : out.paths)
    if (!line_reader::is_known_name(path))
      section.reject("paths", fmt::format("{} has no format that is known; allowed: names that end "
                                          "in {}",
                                          path, line_reader::known_names));
  section.read("rows_max", out.rows_max, 1, 1'000'000'000);
  section.read("malformed_max", out.malformed_max, 0, 1'000'000'000);
}

/// True when `path` is `directory` or lies in it.
bool lies_in(const std::string& path, const std::string& directory) {
  std::error_code error;
  auto inner = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
  auto outer = std::filesystem::weakly_canonical(std::filesystem::absolute(directory), error);
  if (error) return false;
  if (!outer.has_filename()) outer = outer.parent_path();
  auto [end, unused] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end == outer.end();
}

/// A run begins the logs below its state directory anew: it can't read them at the same time.
void load_logs(toml_section section, log_source_settings& out, const std::string& directory,
               const std::string& state_dir) {
  section.read("paths", out.paths);
  resolve_paths(section, out.paths, directory);
  section.read("days", out.days, 19'700'102, 22'001'231);
  for (auto& path : out.paths)
    if (lies_in(path, state_dir))
      section.reject("paths", fmt::format("{} is in host.state_dir = {}, whose logs the run would "
                                          "begin anew; allowed: another directory, as with "
                                          "--state-dir",
                                          path, state_dir));
}

void check_listen(toml_section& section, const std::string& listen, bool insecure_network) {
  if (!section.has("listen")) return;
  auto address = parse_socket_address(listen);
  if (!address)
    section.reject("listen", address.error().message);
  else if (!is_local(*address) && !insecure_network)
    section.reject("listen",
                   "is reached from beyond this machine, and there is no TLS; "
                   "allowed: 127.0.0.1, unix:PATH, or host.insecure_network = true behind a "
                   "firewall that admits senders only");
}

void load_socket(toml_section section, socket_settings& out, const std::string& directory,
                 bool insecure_network) {
  section.read("listen", out.listen);
  check_listen(section, out.listen, insecure_network);
  section.read_choice("format", out.format, socket_formats);
  section.read("symbols", out.symbols);
  section.read("buffer_records_max", out.buffer_records_max, 16, 16'777'216);
  section.read("message_bytes_max", out.message_bytes_max, 256, 65'536);
  section.read("token_file", out.token_file);
  if (section.is_from_file("token_file"))
    out.token_file = (std::filesystem::path{directory} / out.token_file).string();
  section.read("waiting_max", out.waiting_max, 1, 1'000);
  section.read_duration("lateness_ms", out.lateness, milliseconds{0}, milliseconds{3'600'000});
  section.read_duration("ahead_max_ms", out.ahead_max, milliseconds{0}, milliseconds{86'400'000});
  section.read_duration("time_jump_wait_ms", out.time_jump_wait, milliseconds{1},
                        milliseconds{60'000});
  section.read_duration("message_timeout_ms", out.message_timeout, milliseconds{10},
                        milliseconds{600'000});
  section.read_duration("silence_max_ms", out.silence_max, milliseconds{100},
                        milliseconds{86'400'000});
  section.read("idle_marks", out.idle_marks);
  section.read_duration("idle_after_ms", out.idle_after, milliseconds{10}, milliseconds{600'000});
}

void check_live(toml_section& section, toml_section& socket) {
  if (section.has("speed"))
    section.reject("speed", "does not go with source.kind = \"socket\", whose pace is that of "
                            "arrival; allowed: no speed");
  for (auto [key, what] : {std::pair{"listen", "an address to listen on"},
                           std::pair{"symbols", "a list of exact names"}})
    if (!socket.has(key))
      socket.reject(key, fmt::format("is missing, and source.kind = \"socket\" needs it; "
                                     "allowed: {}",
                                     what));
}

} // namespace

void load_source(toml_section section, source_settings& out, const std::string& directory,
                 const host_settings& host) {
  section.read_choice("kind", out.kind, source_kinds);
  section.read_number("speed", out.speed, 0, 1'000'000);
  section.read_duration("time_mark_interval_ms", out.time_mark_interval, milliseconds{1},
                        milliseconds{60'000});
  section.read_duration("silence_alarm_s", out.silence_alarm, milliseconds{0},
                        milliseconds{86'400'000});
  section.read_duration("time_jump_max_ms", out.time_jump.max, milliseconds{1},
                        milliseconds{86'400'000});
  section.read("time_jump_confirm_count", out.time_jump.confirm_count, 1, 1'000);
  load_sim(section.section("sim"), out.sim);
  load_generator(section.section("load"), out.load);
  auto files = section.section("file");
  load_files(files, out.file, directory);
  if (out.kind == source_kind::file && out.file.paths.empty())
    files.reject("paths",
                 "is missing, and source.kind = \"file\" needs it; allowed: a list of files");
  auto logs = section.section("ticklog");
  load_logs(logs, out.ticklog, directory, host.state_dir);
  if (out.kind == source_kind::ticklog && out.ticklog.paths.empty())
    logs.reject("paths", "is missing, and source.kind = \"ticklog\" needs it; allowed: a list of "
                         "directories of tick logs");
  auto socket = section.section("socket");
  load_socket(socket, out.socket, directory, host.insecure_network);
  if (out.kind == source_kind::socket) check_live(section, socket);
}

void load_tick_log(toml_section section, tick_log_settings& out) {
  section.read_choice("durability", out.durability, durabilities);
  section.read_duration("sync_interval_ms", out.sync_interval, milliseconds{1},
                        milliseconds{60'000});
  section.read("segment_mib", out.segment_mib, 1, 4'096);
  section.read("wal_keep_mib", out.wal_keep_mib, 0, 1'048'576);
  section.read("recent_mib", out.recent_mib, 1, 4'096);
  section.read("retention_days", out.retention_days, 0, 100'000);
  section.read("cut_unsynced", out.cut_unsynced);
  section.read("subscriptions_max", out.subscriptions_max, 0, 1'000);
  section.read_duration("subscription_linger_ms", out.subscription_linger, milliseconds{0},
                        milliseconds{60'000});
}

void load_cleaning(toml_section section, cleaning_settings& out) {
  auto high = price{std::numeric_limits<std::int64_t>::max()};
  section.read_decimal("price_max", out.price_max.value, 1, high.value);
  section.read_decimal("spread_max", out.spread_max, 1, cleaning_ratio_max);
  section.read_decimal("jump_band", out.jump_band, 1, cleaning_ratio_max);
  section.read("jump_confirm_count", out.jump_confirm_count, 1, jump_confirm_count_max);
  section.read("duplicate_horizon", out.duplicate_horizon, 0, 65'536);
}

} // namespace tickmesh
