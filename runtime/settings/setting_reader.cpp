#include "runtime/settings/setting_reader.hpp"

#include "messages/overloaded.hpp"

namespace tickmesh {

namespace {

/// In place of a value: not limited, whatever was.
constexpr std::string_view off = "off";

using names_of_choice = std::span<const std::pair<std::string_view, std::int64_t>>;

} // namespace

void setting_reader::begin_section(std::string_view name, std::optional<agreement>) {
  at_.push_back(at_.back().section(name));
}

void setting_reader::end_section() {
  at_.pop_back();
}

void setting_reader::visit(std::string_view key, const void*, const setting::kind& what) {
  auto& from = at_.back();
  // A number that is absent by default is read into one that is not.
  auto read_optional = [&](auto& value, auto low, bool has_off, auto read) {
    if (has_off && from.says(key, off)) return value.reset();
    auto number = value.value_or(low);
    if (read(number) && from.has(key)) value = number;
  };
  std::visit(
      overloaded{
          [&](const one_of<setting::flag, setting::text, setting::list, setting::time> auto& s) {
            from.read(key, s.value);
          },
          [&](const setting::pattern_list& s) {
            if (from.says(key, off)) return s.value.clear();
            from.read(key, s.value);
          },
          [&](const setting::day_list& s) { from.read(key, s.value, s.low, s.high); },
          [&](const setting::number& s) { from.read_number(key, s.value, s.low, s.high); },
          [&](const setting::whole& s) { from.read(key, s.value, s.low, s.high); },
          [&](const setting::decimal& s) { from.read_decimal(key, s.value, s.low, s.high); },
          [&](const setting::duration& s) {
            from.read_duration(key, s.value, s.low, s.high, s.resolution);
          },
          [&](const setting::choice& s) {
            from.read_choice(key, s.value, names_of_choice{s.names});
          },
          [&](const setting::optional_whole& s) {
            read_optional(s.value, s.low, s.has_off,
                          [&](std::int64_t& n) { return from.read(key, n, s.low, s.high); });
          },
          [&](const one_of<setting::optional_decimal, setting::optional_ratio> auto& s) {
            read_optional(s.value, std::int64_t{0}, true, [&](std::int64_t& n) {
              return from.read_decimal(key, n, s.low, s.high);
            });
          },
          [&](const setting::optional_duration& s) {
            read_optional(s.value, s.low, true, [&](nanoseconds& n) {
              return from.read_duration(key, n, s.low, s.high);
            });
          },
          [&](const setting::parsed& s) {
            std::string text;
            if (!from.read(key, text) || !from.has(key)) return;
            if (auto taken = s.take(text); !taken) from.reject(key, taken.error().message);
          },
          [&](const setting::parsed_list& s) {
            std::vector<std::string> texts;
            if (!from.read(key, texts) || !from.has(key)) return;
            if (auto taken = s.take(texts); !taken) from.reject(key, taken.error().message);
          },
          [](const setting::unset&) {},
      },
      what);
}

} // namespace tickmesh
