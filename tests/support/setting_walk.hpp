// Goes through declared settings for tests: lists them, and gives one another value.
#pragma once

#include "messages/numbers.hpp"
#include "messages/overloaded.hpp"
#include "runtime/settings/setting_visitor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

struct declared_setting {
  std::string path;
  std::string section; ///< without places in lists
  std::string key;
  agreement of = agreement::host;
  std::string text{}; ///< as in a flag; empty where there is no value
  bool may_change = true;
};

/// Lists what is declared, and gives one setting another value.
class setting_walk final : public setting_visitor {
public:
  setting_walk() = default;
  explicit setting_walk(std::size_t changed) : changed_(changed) {}

  std::vector<declared_setting> all;
  std::vector<const void*> members;

protected:
  void begin_section(std::string_view name, std::optional<agreement> of) override {
    level next = levels_.back();
    next.path += fmt::format("{}.", name);
    next.section += next.section.empty() ? "" : ".";
    next.section += name;
    if (name == list_) next.path += fmt::format("{}.", place_++);
    next.of = of.value_or(next.of);
    levels_.push_back(next);
  }
  void end_section() override { levels_.pop_back(); }
  bool begin_list(std::string_view name, std::size_t) override {
    list_ = name;
    place_ = 0;
    return true;
  }
  void note_member(const void* member) override { members.push_back(member); }

  void visit(std::string_view key, const void* member, const setting::kind& what) override {
    members.push_back(member);
    declared_setting next{.path = levels_.back().path + std::string{key},
                          .section = levels_.back().section,
                          .key = std::string{key},
                          .of = levels_.back().of,
                          .may_change = !std::holds_alternative<setting::parsed>(what) &&
                                        !std::holds_alternative<setting::parsed_list>(what) &&
                                        !std::holds_alternative<setting::unset>(what)};
    if (changed_ == all.size()) change(what);
    next.text = text_of(key, what);
    if (!std::holds_alternative<setting::unset>(what)) all.push_back(std::move(next));
  }

private:
  struct level {
    std::string path;
    std::string section;
    agreement of = agreement::host;
  };

  static std::string in_unit(std::string_view key, nanoseconds value) {
    std::int64_t unit = key.ends_with("_ms") ? 1'000'000 : key.ends_with("_us") ? 1'000 : 0;
    if (unit == 0) unit = 1'000'000'000;
    return format_decimal(int128{value.count()} * decimal_scale / unit);
  }

  static std::string text_of(std::string_view key, const setting::kind& what) {
    return std::visit(
        overloaded{
            [](const one_of<setting::flag, setting::text, setting::number, setting::whole,
                            setting::parsed> auto& s) { return fmt::format("{}", s.value); },
            [](const one_of<setting::list, setting::pattern_list, setting::day_list,
                            setting::parsed_list> auto& s) {
              return fmt::format("{}", fmt::join(s.value, ","));
            },
            [](const setting::time& s) { // of whole seconds
              auto text = format_timestamp(s.value);
              return text.substr(0, text.find_first_of(".Z")) + 'Z';
            },
            [](const setting::decimal& s) { return format_decimal(s.value); },
            [key](const setting::duration& s) { return in_unit(key, s.value); },
            [](const setting::choice& s) {
              for (auto& [name, value] : s.names)
                if (value == s.value) return std::string{name};
              return std::string{};
            },
            [](const setting::optional_whole& s) {
              return s.value ? fmt::format("{}", *s.value) : std::string{};
            },
            [](const one_of<setting::optional_decimal, setting::optional_ratio> auto& s) {
              return s.value ? format_decimal(*s.value) : std::string{};
            },
            [key](const setting::optional_duration& s) {
              return s.value ? in_unit(key, *s.value) : std::string{};
            },
            [](const setting::unset&) { return std::string{}; },
        },
        what);
  }

  /// To another value that is allowed.
  static void change(const setting::kind& what) {
    auto other = [](auto now, auto low, auto high) { return now == low ? high : low; };
    std::visit(overloaded{
                   [](const setting::flag& s) { s.value = !s.value; },
                   [](const setting::text& s) { s.value += "x"; },
                   [](const one_of<setting::list, setting::pattern_list> auto& s) {
                     s.value.push_back("ru1901");
                   },
                   [](const setting::day_list& s) { s.value.push_back(20240102); },
                   [](const setting::time& s) { s.value += std::chrono::seconds{1}; },
                   [&](const one_of<setting::number, setting::whole, setting::decimal,
                                    setting::duration> auto& s) {
                     s.value = other(s.value, s.low, s.high);
                   },
                   [](const setting::choice& s) {
                     auto& [name, value] = s.names.front();
                     s.value = value == s.value ? s.names.back().second : value;
                   },
                   [&](const one_of<setting::optional_whole, setting::optional_decimal,
                                    setting::optional_ratio, setting::optional_duration> auto& s) {
                     s.value = s.value ? other(*s.value, s.low, s.high) : s.high;
                   },
                   [](const one_of<setting::parsed, setting::parsed_list, setting::unset> auto&) {},
               },
               what);
  }

  std::optional<std::size_t> changed_;
  std::vector<level> levels_{level{}};
  std::string list_;
  std::size_t place_ = 0;
};

} // namespace tickmesh
