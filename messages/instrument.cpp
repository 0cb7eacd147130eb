#include "messages/instrument.hpp"

#include "messages/numbers.hpp"

#include <optional>

namespace tickmesh {

bool matches_pattern(std::string_view pattern, std::string_view symbol) {
  std::size_t i = 0;
  for (std::size_t at = 0; at < pattern.size(); ++at, ++i) {
    if (pattern[at] == '*') return true;
    if (i >= symbol.size()) return false;
    bool is_any_digit = pattern[at] == '#';
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    if (symbol[i] != pattern[at] && !(is_any_digit && is_digit(symbol[i]))) return false;
  }
  return i == symbol.size();
}

namespace {

/// The one symbol that a pattern without `#` and `*` fits; nothing for other patterns.
std::optional<std::string> exact_symbol(std::string_view pattern) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '#' || pattern[at] == '*') return std::nullopt;
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    out += pattern[at];
  }
  return out;
}

} // namespace

instrument_table::instrument_table(std::vector<instrument> entries) : entries_(std::move(entries)) {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (auto symbol = exact_symbol(entries_[i].pattern)) exact_.emplace(std::move(*symbol), i);
}

const instrument* instrument_table::find(std::string_view symbol) const {
  if (auto i = exact_.find(std::string{symbol}); i != exact_.end()) return &entries_[i->second];
  for (auto& entry : entries_)
    if (matches_pattern(entry.pattern, symbol)) return &entry;
  return nullptr;
}

symbol_table::symbol_table(const std::vector<std::string>& names) {
  for (auto& name : names)
    add(name);
}

symbol_id symbol_table::add(std::string_view name) {
  auto next = symbol_id{static_cast<std::uint32_t>(names_.size())};
  auto [i, added] = ids_.try_emplace(std::string{name}, next);
  if (added) names_.emplace_back(name);
  return i->second;
}

} // namespace tickmesh
