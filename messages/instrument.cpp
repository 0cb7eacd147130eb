#include "messages/instrument.hpp"

namespace tickmesh {

bool matches_pattern(std::string_view pattern, std::string_view symbol) {
  std::size_t i = 0;
  for (; i < pattern.size(); ++i) {
    if (pattern[i] == '*') return true;
    if (i >= symbol.size()) return false;
    bool fits = pattern[i] == '#' ? symbol[i] >= '0' && symbol[i] <= '9' : symbol[i] == pattern[i];
    if (!fits) return false;
  }
  return i == symbol.size();
}

instrument_table::instrument_table(std::vector<instrument> entries) : entries_(std::move(entries)) {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].pattern.find_first_of("#*") == std::string::npos)
      exact_.emplace(entries_[i].pattern, i);
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
