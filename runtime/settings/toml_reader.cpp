#include "runtime/settings/toml_reader.hpp"

#include "runtime/settings/nearest_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <sstream>

namespace tickmesh {

namespace {

using kind = setting_node::kind;

constexpr std::string_view environment_prefix = "TICKMESH_";

template <class Node>
std::string format_toml(const Node& node) {
  std::ostringstream out;
  out << node;
  return out.str();
}

/// Shortest exact form without an exponent, so that 0.1 is read as the decimal that was typed.
std::string format_number(double value) {
  char buffer[400];
  auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return error == std::errc{} ? std::string{buffer, end} : std::string{"nan"};
}

setting_node convert(const toml::node& node) {
  setting_node out;
  out.line = static_cast<std::uint32_t>(node.source().begin.line);
  if (auto table = node.as_table()) {
    for (auto& [name, member] : *table) {
      auto converted = convert(member);
      // A key's own line tells more than its value's first, which may be a line further.
      converted.line = static_cast<std::uint32_t>(name.source().begin.line);
      if (converted.line == 0) converted.line = out.line;
      out.members.emplace(std::string{name.str()}, std::move(converted));
    }
  } else if (auto array = node.as_array()) {
    out.type = kind::list;
    for (auto& item : *array)
      out.items.push_back(convert(item));
  } else if (auto text = node.as_string()) {
    out.type = kind::text;
    out.text = text->get();
  } else if (auto flag = node.as_boolean()) {
    out.type = kind::boolean;
    out.text = flag->get() ? "true" : "false";
  } else if (auto integer = node.as_integer()) {
    out.type = kind::integer;
    out.text = fmt::format("{}", integer->get());
  } else if (auto number = node.as_floating_point()) {
    out.type = kind::number;
    out.text = format_number(number->get());
  } else if (auto moment = node.as_date_time()) {
    out.type = kind::text;
    out.text = format_toml(*moment);
  } else if (auto day = node.as_date()) {
    out.type = kind::text;
    out.text = format_toml(*day);
  } else {
    out.type = kind::text;
    out.text = "time of day";
  }
  return out;
}

std::string format_node(const setting_node& node) {
  switch (node.type) {
  case kind::text: return fmt::format("\"{}\"", node.text);
  case kind::table: return "a table";
  case kind::list: {
    std::vector<std::string> items;
    for (auto& item : node.items)
      items.push_back(format_node(item));
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
  default: return node.text;
  }
}

std::optional<std::size_t> parse_index(std::string_view text) {
  std::size_t value{};
  auto end = text.data() + text.size();
  auto [ptr, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || ptr != end) return std::nullopt;
  return value;
}

} // namespace

std::string environment_name(std::string_view key) {
  std::string out{environment_prefix};
  for (char c : key) {
    if (c == '.')
      out += "__";
    else
      out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

std::vector<setting_override>
environment_overrides(std::span<const std::pair<std::string, std::string>> environment) {
  std::vector<setting_override> out;
  for (auto& [name, value] : environment) {
    if (!name.starts_with(environment_prefix)) continue;
    std::string key;
    for (auto i = environment_prefix.size(); i < name.size(); ++i) {
      if (name.compare(i, 2, "__") == 0) {
        key += '.';
        ++i;
      } else {
        key += name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
      }
    }
    out.push_back({key, value, name});
  }
  std::ranges::stable_sort(out, {}, &setting_override::origin);
  return out;
}

toml_reader::toml_reader(std::string file, std::vector<setting_override> overrides)
    : file_(std::move(file)), overrides_(std::move(overrides)) {
  if (!file_.empty()) parse_file();
}

void toml_reader::parse_file() {
  std::ifstream in{file_, std::ios::binary};
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in || !text) {
    faults_.push_back({0, fmt::format("{}: the file can't be read; give an existing file", file_)});
    return;
  }
  try { // the library's own way to say that the text is not TOML
    tree_ = convert(toml::parse(text.view(), file_));
  } catch (const toml::parse_error& error) {
    auto line = static_cast<std::uint32_t>(error.source().begin.line);
    faults_.push_back({line, fmt::format("{}:{}: not TOML: {}", file_, line, error.description())});
  }
}

toml_section toml_reader::root() {
  return {*this, {}};
}

void toml_reader::know_section(const std::string& path) {
  known_.insert(path);
  sections_.insert(path);
}

const setting_node* toml_reader::find_node(std::string_view path) const {
  auto node = &tree_;
  while (!path.empty()) {
    auto dot = path.find('.');
    std::string name{path.substr(0, dot)};
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    if (node->type == kind::list) {
      auto index = parse_index(name);
      if (!index || *index >= node->items.size()) return nullptr;
      node = &node->items[*index];
    } else {
      auto member = node->members.find(name);
      if (member == node->members.end()) return nullptr;
      node = &member->second;
    }
  }
  return node;
}

std::optional<toml_reader::found> toml_reader::find(const std::string& path) const {
  for (auto o = overrides_.rbegin(); o != overrides_.rend(); ++o)
    if (o->key == path) return found{{kind::untyped, o->text, 0, {}, {}}, o->origin};
  if (auto node = find_node(path)) return found{*node, {}};
  return std::nullopt;
}

void toml_reader::reject(const std::string& path, std::string_view what) {
  if (!faulty_.insert(path).second) return;
  auto value = find(path);
  if (!value) {
    // A default, or a key that is missing: the nearest thing to point to is the section.
    auto section = path.substr(0, path.rfind('.'));
    auto node = section == path ? nullptr : find_node(section);
    auto line = node ? node->line : 0;
    auto place = file_.empty() ? std::string{"settings"} : file_;
    if (line != 0) place += fmt::format(":{}", line);
    faults_.push_back({line, fmt::format("{}: {}: {}", place, path, what)});
  } else if (value->origin.empty()) {
    auto line = value->value.line;
    faults_.push_back({line, fmt::format("{}:{}: {} = {}: {}", file_, line, path,
                                         format_node(value->value), what)});
  } else {
    faults_.push_back(
        {std::numeric_limits<std::uint32_t>::max(),
         fmt::format("{}: {} = {}: {}", value->origin, path, value->value.text, what)});
  }
}

void toml_reader::reject_unknown_nodes(const setting_node& table, const std::string& path) {
  auto prefix = path.empty() ? path : path + ".";
  for (auto& [name, node] : table.members) {
    auto full = prefix + name;
    if (!known_.contains(full) || name.find('.') != std::string::npos) {
      std::vector<std::string> siblings;
      for (auto k = known_.lower_bound(prefix); k != known_.end() && k->starts_with(prefix); ++k)
        if (k->find('.', prefix.size()) == std::string::npos)
          siblings.push_back(k->substr(prefix.size()));
      bool is_section = node.type == kind::table;
      reject(full, fmt::format("unknown {}; {}", is_section ? "section" : "key",
                               suggest_name(name, siblings)));
    } else if (node.type == kind::table) {
      reject_unknown_nodes(node, full);
    } else {
      for (std::size_t i = 0; i < node.items.size(); ++i)
        if (node.items[i].type == kind::table)
          reject_unknown_nodes(node.items[i], fmt::format("{}.{}", full, i));
    }
  }
}

void toml_reader::reject_unknown_overrides() {
  for (auto& o : overrides_) {
    if (sections_.contains(o.key)) reject(o.key, "is a section; set the keys in it");
    if (known_.contains(o.key)) continue;
    bool is_variable = o.origin.starts_with(environment_prefix);
    std::vector<std::string> names;
    for (auto& key : known_)
      if (!sections_.contains(key)) names.push_back(is_variable ? environment_name(key) : key);
    auto& typed = is_variable ? o.origin : o.key;
    auto distance = [&typed](const std::string& n) { return edit_distance(typed, n); };
    auto nearest = std::ranges::min_element(names, {}, distance);
    reject(o.key, fmt::format("unknown setting; did you mean {}?",
                              nearest == names.end() ? std::string{"none"} : *nearest));
  }
}

std::vector<std::string> toml_reader::take_faults() {
  reject_unknown_nodes(tree_, {});
  reject_unknown_overrides();
  std::ranges::stable_sort(faults_, {}, &placed_fault::line);
  std::vector<std::string> out;
  for (auto& f : faults_)
    out.push_back(std::move(f.text));
  faults_.clear();
  return out;
}

} // namespace tickmesh
