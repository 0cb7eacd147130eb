// The sections [source] with those of each kind, [cleaning] and [tick_log].
#include "apps/settings/load_settings.hpp"

#include "actors/market/sources/file/line_reader.hpp"
#include "actors/market/sources/socket/socket_listener.hpp"
#include "apps/settings/declarations.hpp"

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

/// Paths in the file are relative to it.
void resolve_paths(toml_section& section, std::vector<std::string>& paths,
                   const std::string& directory) {
  if (!section.is_from_file("paths")) return;
  for (auto& path : paths)
    path = (std::filesystem::path{directory} / path).string();
}

void load_files(toml_section& section, file_settings& out, const std::string& directory) {
  resolve_paths(section, out.paths, directory);
  for (auto& path : out.paths)
    if (!line_reader::is_known_name(path))
      section.reject("paths", fmt::format("{} has no format that is known; allowed: names that end "
                                          "in {}",
                                          path, line_reader::known_names));
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
void load_logs(toml_section& section, log_source_settings& out, const std::string& directory,
               const std::string& state_dir) {
  resolve_paths(section, out.paths, directory);
  for (auto& path : out.paths)
    if (lies_in(path, state_dir))
      section.reject("paths", fmt::format("{} is in host.state_dir = {}, whose logs the run would "
                                          "begin anew; allowed: another directory, as with "
                                          "--state-dir",
                                          path, state_dir));
}

void check_listen(toml_section& section, const std::string& listen, bool is_guarded) {
  if (!section.has("listen")) return;
  auto address = parse_socket_address(listen);
  if (!address)
    section.reject("listen", address.error().message);
  else if (!is_local(*address) && !is_guarded)
    section.reject("listen",
                   "is reached from beyond this machine, and connections are plain; allowed: "
                   "127.0.0.1, unix:PATH, network.certificates for TLS, or host.insecure_network = "
                   "true behind a firewall that admits senders only");
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

void declare(sim_settings& s, setting_visitor& v) {
  v.whole("seed", s.seed, 0, std::numeric_limits<std::int64_t>::max());
  v.whole("symbols", s.symbols, 1, 9999); // SIM#### has four digits
  v.whole("ticks", s.ticks, 1, 1'000'000'000);
  v.whole("ticks_per_second", s.ticks_per_second, 1, 100'000'000);
  v.time("start", s.start);
  v.section("bad_share", std::nullopt, [&] {
    for (std::size_t i = 0; i < sim_fault_count; ++i)
      v.number(to_lower(reject_reason_names[i]), s.bad_share[i], 0, 0.1);
  });
}

void declare(load_generator_settings& s, setting_visitor& v) {
  v.whole("seed", s.seed, 0, std::numeric_limits<std::int64_t>::max());
  v.whole("symbols", s.symbols, 1, 99'999); // LOAD##### has five digits
  v.whole("ticks", s.ticks, 1, std::uint64_t{1} << 48);
  v.whole("ticks_per_second", s.ticks_per_second, 1, 100'000'000);
  v.whole("run_length", s.run_length, 1, 4'096);
}

void declare(file_settings& s, setting_visitor& v) {
  v.list("paths", s.paths);
  v.whole("memory_mib", s.memory_mib, 0, 1'048'576);
  v.whole("malformed_max", s.malformed_max, 0, 1'000'000'000);
}

void declare(log_source_settings& s, setting_visitor& v) {
  v.list("paths", s.paths);
  v.day_list("days", s.days, 19'700'102, 22'001'231);
  v.whole("ticks_held_max", s.ticks_held_max, 256, 1'073'741'824);
}

void declare(socket_settings& s, setting_visitor& v) {
  v.text("listen", s.listen);
  v.choice("format", s.format, socket_formats);
  v.list("symbols", s.symbols);
  v.whole("buffer_records_max", s.buffer_records_max, 16, 16'777'216);
  v.whole("message_bytes_max", s.message_bytes_max, 256, 65'536);
  v.text("token_file", s.token_file);
  v.whole("waiting_max", s.waiting_max, 1, 1'000);
  v.whole("replies_kib_max", s.replies_kib_max, 1, 1'048'576);
  v.whole("closing_max", s.closing_max, 0, 1'000);
  v.duration("closing_ms", s.closing_time, milliseconds{0}, milliseconds{60'000});
  v.duration("retry_interval_ms", s.retry_interval, milliseconds{10}, milliseconds{600'000});
  v.duration("lateness_ms", s.lateness, milliseconds{0}, milliseconds{3'600'000});
  v.duration("ahead_max_ms", s.ahead_max, milliseconds{0}, milliseconds{86'400'000});
  v.duration("time_jump_wait_ms", s.time_jump_wait, milliseconds{1}, milliseconds{60'000});
  v.duration("message_timeout_ms", s.message_timeout, milliseconds{10}, milliseconds{600'000});
  v.duration("silence_max_ms", s.silence_max, milliseconds{100}, milliseconds{86'400'000});
  v.flag("idle_marks", s.idle_marks);
  v.duration("idle_after_ms", s.idle_after, milliseconds{10}, milliseconds{600'000});
}

void declare(source_settings& s, setting_visitor& v) {
  v.choice("kind", s.kind, source_kinds);
  v.number("speed", s.speed, 0, 1'000'000);
  v.duration("time_mark_interval_ms", s.time_mark_interval, milliseconds{1}, milliseconds{60'000});
  v.duration("silence_alarm_s", s.silence_alarm, milliseconds{0}, milliseconds{86'400'000});
  v.duration("time_jump_max_ms", s.time_jump.max, milliseconds{1}, milliseconds{86'400'000});
  v.whole("time_jump_confirm_count", s.time_jump.confirm_count, 1, 1'000);
  v.duration("log_interval_ms", s.log_interval, milliseconds{0}, milliseconds{3'600'000});
  v.section("sim", std::nullopt, [&] { declare(s.sim, v); });
  v.section("load", std::nullopt, [&] { declare(s.load, v); });
  v.section("file", std::nullopt, [&] { declare(s.file, v); });
  v.section("ticklog", std::nullopt, [&] { declare(s.ticklog, v); });
  v.section("socket", std::nullopt, [&] { declare(s.socket, v); });
}

void finish_source(toml_section section, source_settings& out, const std::string& directory,
                   const host_settings& host, const network_settings& network) {
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
  check_listen(socket, out.socket.listen, host.insecure_network || !network.certificates.empty());
  if (socket.is_from_file("token_file"))
    out.socket.token_file = (std::filesystem::path{directory} / out.socket.token_file).string();
  if (out.kind == source_kind::socket) check_live(section, socket);
}

void declare(tick_log_settings& s, setting_visitor& v) {
  v.choice("durability", s.durability, durabilities);
  v.duration("sync_interval_ms", s.sync_interval, milliseconds{1}, milliseconds{60'000});
  v.whole("segment_mib", s.segment_mib, 1, 4'096);
  v.whole("wal_keep_mib", s.wal_keep_mib, 0, 1'048'576);
  v.whole("recent_mib", s.recent_mib, 1, 4'096);
  v.whole("retention_days", s.retention_days, 0, 100'000);
  v.flag("cut_unsynced", s.cut_unsynced);
  v.whole("unaccepted_records_max", s.unaccepted_records_max, 1, 65'536);
  v.whole("replica_window_mib", s.replica_window_mib, 1, 4'096);
  v.whole("subscriptions_max", s.subscriptions_max, 0, 1'000);
  v.duration("subscription_linger_ms", s.subscription_linger, milliseconds{0},
             milliseconds{60'000});
}

void declare(cleaning_settings& s, setting_visitor& v) {
  v.decimal("price_max", s.price_max, 1, setting_visitor::decimal_max);
  v.decimal("spread_max", s.spread_max, 1, cleaning_ratio_max);
  v.decimal("jump_band", s.jump_band, 1, cleaning_ratio_max);
  v.whole("jump_confirm_count", s.jump_confirm_count, 1, jump_confirm_count_max);
  v.whole("duplicate_horizon", s.duplicate_horizon, 0, 65'536);
  v.derived(&s.price_min); // of single instruments only
  v.derived(&s.ratio_base_min);
}

} // namespace tickmesh
