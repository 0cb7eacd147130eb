// The file of instruments: [[instruments]] by exact symbol or product pattern.
#include "apps/load_settings.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <array>
#include <limits>
#include <map>
#include <stdexcept>

namespace tickmesh {

namespace {

constexpr std::int64_t decimal_max = std::numeric_limits<std::int64_t>::max();

constexpr std::array<std::pair<std::string_view, price_source>, 2> price_sources{
    {{"last", price_source::last}, {"mid", price_source::mid}}};

bool is_time_zone(const std::string& name) {
  try { // the library's own way to say that there is no such zone
    return date::locate_zone(name) != nullptr;
  } catch (const std::runtime_error&) {
    return false;
  }
}

void read_required(toml_section& section, std::string_view key, std::string& out) {
  if (section.read(key, out) && out.empty())
    section.reject(key, "is missing or empty; every instrument has one");
}

instrument load_instrument(toml_section& section) {
  instrument out;
  read_required(section, "pattern", out.pattern);
  if (!out.pattern.empty() && !is_valid_pattern(out.pattern))
    section.reject("pattern",
                   "is no pattern; allowed: a symbol, `#` for a digit, `*` at the end for "
                   "any tail");
  read_required(section, "exchange", out.exchange);
  read_required(section, "currency", out.currency);
  section.read_decimal("multiplier", out.multiplier, 1, decimal_max);
  section.read_decimal("price_tick", out.price_tick.value, 1, decimal_max);
  section.read_decimal("quantity_step", out.quantity_step.value, 1, decimal_max);
  if (section.read("time_zone", out.time_zone) && !is_time_zone(out.time_zone))
    section.reject("time_zone", "is no time zone; allowed: IANA names such as Asia/Shanghai, UTC");
  section.read_choice("price_from", out.price_from, price_sources);
  section.refuse("sessions", "trading sessions are not built yet; remove the key");
  return out;
}

} // namespace

loaded_instruments load_instruments(const std::string& file) {
  toml_reader reader{file, {}};
  auto root = reader.root();
  std::vector<instrument> entries;
  std::map<std::string, std::size_t> first; // of each pattern, from 1
  for (auto& section : root.items("instruments")) {
    entries.push_back(load_instrument(section));
    auto [i, added] = first.try_emplace(entries.back().pattern, entries.size());
    if (!added && !entries.back().pattern.empty())
      section.reject("pattern", fmt::format("is the pattern of entry {} too; allowed: one entry a "
                                            "pattern",
                                            i->second));
  }
  return {instrument_table{std::move(entries)}, reader.take_faults()};
}

} // namespace tickmesh
