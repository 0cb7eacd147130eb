// The sections [source], [source.sim], [source.sim.bad_share], [source.file] and [cleaning].
#include "apps/load_settings.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <limits>

namespace tickmesh {

namespace {

using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, source_kind>, 2> source_kinds{
    {{"sim", source_kind::sim}, {"file", source_kind::file}}};

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
  for (std::size_t i = 0; i < reject_reason_count; ++i)
    shares.read_number(to_lower(reject_reason_names[i]), out.bad_share[i], 0, 0.1);
}

void load_files(toml_section section, file_settings& out, const std::string& directory) {
  section.read("paths", out.paths);
  if (section.is_from_file("paths"))
    for (auto& path : out.paths)
      path = (std::filesystem::path{directory} / path).string();
  for (auto& path : out.paths)
    if (!path.ends_with(".csv") && !path.ends_with(".csv.xz"))
      section.reject("paths", fmt::format("{} has no format that is known; allowed: names that end "
                                          "in .csv or .csv.xz",
                                          path));
  section.read("rows_max", out.rows_max, 1, 1'000'000'000);
}

} // namespace

void load_source(toml_section section, source_settings& out, const std::string& directory) {
  section.read_choice("kind", out.kind, source_kinds);
  section.read_number("speed", out.speed, 0, 1'000'000);
  section.read_duration("time_mark_interval_ms", out.time_mark_interval, milliseconds{1},
                        milliseconds{60'000});
  load_sim(section.section("sim"), out.sim);
  auto files = section.section("file");
  load_files(files, out.file, directory);
  if (out.kind == source_kind::file && out.file.paths.empty())
    files.reject("paths",
                 "is missing, and source.kind = \"file\" needs it; allowed: a list of files");
}

void load_cleaning(toml_section section, cleaning_settings& out) {
  auto high = price{std::numeric_limits<std::int64_t>::max()};
  section.read_decimal("price_max", out.price_max.value, 1, high.value);
  section.read_decimal("spread_max", out.spread_max, 1, 10 * decimal_scale);
  section.read_decimal("jump_band", out.jump_band, 1, 10 * decimal_scale);
  section.read("jump_confirm_count", out.jump_confirm_count, 1, 1000);
}

} // namespace tickmesh
