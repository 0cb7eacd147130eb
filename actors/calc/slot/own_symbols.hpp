// The symbols that a calculation slot owns, and who calculates each. Plain class behind calc_slot;
// `Calculator` is whatever parts are sent to.
#pragma once

#include "messages/numbers.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tickmesh {

template <class Calculator>
class own_symbols {
public:
  /// Of as many symbols as the view has, none is owned yet.
  explicit own_symbols(std::size_t symbols = 0) : entries_(symbols) {}

  /// The slot owns the symbol. Its calculator is missing until it is seated.
  void add(symbol_id symbol) {
    auto& added = entries_[symbol.value];
    added.is_own = true;
    added.place = static_cast<std::uint32_t>(own_.size());
    own_.push_back(symbol);
    ++missing_;
  }

  /// A calculator runs, in the place of an earlier one where `is_restart` is true.
  void seat(symbol_id symbol, Calculator calculator, bool is_restart) {
    entries_[symbol.value].calculator = std::move(calculator);
    if (!is_restart) --missing_;
  }

  bool owns(symbol_id symbol) const { return entries_[symbol.value].is_own; }
  bool all_seated() const { return missing_ == 0; }
  /// In the order of their ids.
  const std::vector<symbol_id>& all() const { return own_; }

  /// Of these two the precondition: the symbol is owned.
  const Calculator& calculator_of(symbol_id symbol) const {
    return entries_[symbol.value].calculator;
  }
  /// In all(): the symbol's part of an advance.
  std::uint32_t place_of(symbol_id symbol) const { return entries_[symbol.value].place; }

private:
  struct entry {
    Calculator calculator{};
    bool is_own = false;
    std::uint32_t place = 0;
  };
  std::vector<entry> entries_; // by symbol
  std::vector<symbol_id> own_;
  std::size_t missing_ = 0; // calculators that were not seated yet
};

} // namespace tickmesh
