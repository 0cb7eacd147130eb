// The typed reads of toml_section: one function per kind of value.
#include "runtime/settings/toml_reader.hpp"

#include "messages/calendar_day.hpp"
#include "messages/numbers.hpp"
#include "runtime/settings/text_fault.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>

namespace tickmesh {

namespace {

using kind = setting_node::kind;

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  auto end = text.data() + text.size();
  auto [ptr, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || ptr != end) return std::nullopt;
  return value;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto comma = text.find(',');
    auto item = text.substr(0, comma);
    while (item.starts_with(' '))
      item.remove_prefix(1);
    while (item.ends_with(' '))
      item.remove_suffix(1);
    out.emplace_back(item);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return out;
}

/// Names of files may be any bytes.
bool is_path(std::string_view key) {
  return key.ends_with("_dir") || key.ends_with("_file") || key == "file" || key == "paths" ||
         key == "instruments" || key == "listen";
}

/// What is wrong with a text, if anything. Of a file all is UTF-8, or it is no TOML.
std::optional<std::string> fault_of(std::string_view key, std::string_view text) {
  return is_path(key) ? std::nullopt : describe_non_utf8(text);
}

/// Nanoseconds of the unit that a duration's key ends in.
std::int64_t unit_of(std::string_view key) {
  if (key.ends_with("_ms")) return 1'000'000;
  if (key.ends_with("_us")) return 1'000;
  assert(key.ends_with("_s"));
  return 1'000'000'000;
}

/// Nothing for what is neither a number nor text that may hold one.
bool is_scalar(kind type) {
  return type == kind::integer || type == kind::number || type == kind::text ||
         type == kind::untyped;
}

std::string allowed_range(std::string_view low, std::string_view high) {
  return fmt::format("allowed: {} to {}", low, high);
}

/// A duration in the unit of its key.
std::string format_in(std::int64_t unit, nanoseconds value) {
  return format_decimal(static_cast<int128>(value.count()) * decimal_scale / unit);
}

} // namespace

std::string toml_section::full(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

toml_section toml_section::section(std::string_view name) {
  auto path = full(name);
  reader_->know_section(path);
  if (auto node = reader_->find_node(path); node && node->type != kind::table)
    reader_->reject(path, fmt::format("is not a section; write [{}]", path));
  return {*reader_, path};
}

std::vector<toml_section> toml_section::items(std::string_view name) {
  auto path = full(name);
  reader_->know_section(path);
  std::vector<toml_section> out;
  auto node = reader_->find_node(path);
  if (!node) return out;
  auto is_table = [](const setting_node& item) { return item.type == kind::table; };
  if (node->type != kind::list || !std::ranges::all_of(node->items, is_table)) {
    reader_->reject(path, fmt::format("is not a list of sections; write [[{}]] before each", path));
    return out;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    auto item = fmt::format("{}.{}", path, i);
    reader_->know_section(item);
    out.push_back({*reader_, item});
  }
  return out;
}

bool toml_section::has(std::string_view key) const {
  return reader_->find(full(key)).has_value();
}

bool toml_section::is_from_file(std::string_view key) const {
  auto value = reader_->find(full(key));
  return value && value->origin.empty();
}

bool toml_section::is_faulty(std::string_view key) const {
  return reader_->faulty_.contains(full(key));
}

void toml_section::reject(std::string_view key, std::string_view what) {
  reader_->reject(full(key), what);
}

void toml_section::refuse(std::string_view key, std::string_view what) {
  auto path = full(key);
  if (reader_->find(path)) {
    reader_->known_.insert(path);
    reader_->reject(path, what);
  }
}

std::optional<setting_node> toml_section::take(std::string_view key) {
  auto path = full(key);
  reader_->known_.insert(path);
  auto value = reader_->find(path);
  if (!value) return std::nullopt;
  return std::move(value->value);
}

bool toml_section::says(std::string_view key, std::string_view word) {
  auto value = take(key);
  return value && (value->type == kind::text || value->type == kind::untyped) &&
         value->text == word;
}

bool toml_section::read(std::string_view key, bool& out) {
  auto value = take(key);
  if (!value) return true;
  bool typed = value->type == kind::boolean || value->type == kind::untyped;
  if (!typed || (value->text != "true" && value->text != "false")) {
    reject(key, "is not a truth value; allowed: true, false");
    return false;
  }
  out = value->text == "true";
  return true;
}

bool toml_section::read(std::string_view key, std::string& out) {
  auto value = take(key);
  if (!value) return true;
  if (value->type != kind::text && value->type != kind::untyped) {
    reject(key, "is not text; allowed: text in quotes");
    return false;
  }
  if (auto fault = fault_of(key, value->text)) {
    reject(key, *fault);
    return false;
  }
  out = value->text;
  return true;
}

bool toml_section::read(std::string_view key, std::vector<std::string>& out) {
  auto value = take(key);
  if (!value) return true;
  if (value->type == kind::untyped) {
    if (auto fault = fault_of(key, value->text)) {
      reject(key, *fault);
      return false;
    }
    out = split_list(value->text);
    return true;
  }
  auto is_text = [](const setting_node& item) { return item.type == kind::text; };
  if (value->type != kind::list || !std::ranges::all_of(value->items, is_text)) {
    reject(key, "is not a list of texts; allowed: [\"one\", \"two\"]");
    return false;
  }
  out.clear();
  for (auto& item : value->items)
    out.push_back(item.text);
  return true;
}

bool toml_section::read(std::string_view key, std::vector<std::int32_t>& out, std::int32_t low,
                        std::int32_t high) {
  auto value = take(key);
  if (!value) return true;
  std::vector<std::string> texts;
  bool typed = value->type == kind::untyped || value->type == kind::list;
  if (value->type == kind::untyped) texts = split_list(value->text);
  for (auto& item : value->items) {
    typed = typed && (item.type == kind::integer || item.type == kind::text);
    texts.push_back(item.text);
  }
  std::vector<std::int32_t> parsed;
  for (auto& text : texts) {
    auto number = parse_whole<std::int32_t>(text);
    if (!number) number = parse_day(text);
    if (number && *number >= low && *number <= high) parsed.push_back(*number);
  }
  if (!typed || parsed.size() != texts.size()) {
    reject(key, fmt::format("is not a list of whole numbers; {} each",
                            allowed_range(fmt::format("{}", low), fmt::format("{}", high))));
    return false;
  }
  out = std::move(parsed);
  return true;
}

bool toml_section::read(std::string_view key, timestamp& out) {
  auto value = take(key);
  if (!value) return true;
  auto parsed = is_scalar(value->type) ? parse_timestamp(value->text) : std::nullopt;
  if (!parsed) {
    reject(key, "is not a point in time; allowed: UTC such as \"2024-01-02T01:00:00Z\"");
    return false;
  }
  out = *parsed;
  return true;
}

bool toml_section::read_integer(std::string_view key, std::int64_t& out, std::int64_t low,
                                std::int64_t high) {
  auto value = take(key);
  if (!value) return true;
  auto allowed = allowed_range(fmt::format("{}", low), fmt::format("{}", high));
  bool typed = value->type == kind::integer || value->type == kind::untyped;
  auto parsed = typed ? parse_whole<std::int64_t>(value->text) : std::nullopt;
  if (!parsed) {
    reject(key, fmt::format("is not a whole number; {}", allowed));
    return false;
  }
  if (*parsed < low || *parsed > high) {
    reject(key, fmt::format("is out of range; {}", allowed));
    return false;
  }
  out = *parsed;
  return true;
}

bool toml_section::read_number(std::string_view key, double& out, double low, double high) {
  auto value = take(key);
  if (!value) return true;
  auto allowed = allowed_range(fmt::format("{}", low), fmt::format("{}", high));
  auto parsed = is_scalar(value->type) ? parse_whole<double>(value->text) : std::nullopt;
  if (!parsed || !std::isfinite(*parsed)) {
    reject(key, fmt::format("is not a number; {}", allowed));
    return false;
  }
  if (*parsed < low || *parsed > high) {
    reject(key, fmt::format("is out of range; {}", allowed));
    return false;
  }
  out = *parsed;
  return true;
}

bool toml_section::read_decimal(std::string_view key, std::int64_t& out, std::int64_t low,
                                std::int64_t high) {
  auto value = take(key);
  if (!value) return true;
  auto allowed = allowed_range(format_decimal(low), format_decimal(high));
  auto parsed = is_scalar(value->type) ? parse_decimal(value->text) : std::nullopt;
  if (!parsed) {
    reject(key, fmt::format("is not a number of at most eight decimals; {}", allowed));
    return false;
  }
  if (*parsed < low || *parsed > high) {
    reject(key, fmt::format("is out of range; {}", allowed));
    return false;
  }
  out = *parsed;
  return true;
}

bool toml_section::read_duration(std::string_view key, nanoseconds& out, nanoseconds low,
                                 nanoseconds high, nanoseconds resolution) {
  auto value = take(key);
  if (!value) return true;
  auto unit = unit_of(key);
  auto allowed = allowed_range(format_in(unit, low), format_in(unit, high));
  auto parsed = is_scalar(value->type) ? parse_decimal(value->text) : std::nullopt;
  if (!parsed) {
    reject(key, fmt::format("is not a number; {}", allowed));
    return false;
  }
  auto scaled = static_cast<int128>(*parsed) * unit; // 1e-8 ns
  if (scaled < static_cast<int128>(low.count()) * decimal_scale ||
      scaled > static_cast<int128>(high.count()) * decimal_scale) {
    reject(key, fmt::format("is out of range; {}", allowed));
    return false;
  }
  if (scaled % (static_cast<int128>(resolution.count()) * decimal_scale) != 0) {
    reject(key, fmt::format("is too fine; allowed: multiples of {}", format_in(unit, resolution)));
    return false;
  }
  out = nanoseconds{static_cast<std::int64_t>(scaled / decimal_scale)};
  return true;
}

std::optional<std::size_t> toml_section::read_name(std::string_view key,
                                                   std::span<const std::string_view> names) {
  auto value = take(key);
  if (!value) return std::nullopt;
  bool typed = value->type == kind::text || value->type == kind::untyped;
  auto i = std::ranges::find(names, std::string_view{value->text});
  if (!typed || i == names.end()) {
    reject(key, fmt::format("is not known; allowed: {}", fmt::join(names, ", ")));
    return std::nullopt;
  }
  return static_cast<std::size_t>(i - names.begin());
}

} // namespace tickmesh
