// Settings are declared once, by a function `declare(section, visitor)` that names each key with
// its member and its range. Reading, hashing and listing them all go through it, so that none of
// them can forget a key. The default is what the member begins with; a unit ends the key.
#pragma once

#include "messages/result.hpp"
#include "messages/timestamp.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tickmesh {

/// Who must have the same values.
enum class agreement : std::uint8_t {
  cluster, ///< all hosts: they are part of the hash on joining
  host,    ///< nobody: they are each host's own
};

/// The kinds of settings, each with the value, which a visitor may change, and what is allowed.
namespace setting {

struct flag {
  bool& value;
};
struct text {
  std::string& value;
};
struct list {
  std::vector<std::string>& value;
};
struct pattern_list { ///< "off" is an empty one
  std::vector<std::string>& value;
};
struct day_list {
  std::vector<std::int32_t>& value;
  std::int32_t low, high;
};
struct time {
  timestamp& value;
};
struct number {
  double& value;
  double low, high;
};
struct whole {
  std::int64_t& value;
  std::int64_t low, high;
};
struct decimal { ///< in 1e-8
  std::int64_t& value;
  std::int64_t low, high;
};
struct duration {
  nanoseconds& value;
  nanoseconds low, high, resolution;
};
struct choice {
  std::int64_t& value; ///< of the enumeration
  std::span<const std::pair<std::string_view, std::int64_t>> names;
};
struct optional_whole {
  std::optional<std::int64_t>& value;
  std::int64_t low, high;
  bool has_off; ///< "off" is none
};
struct optional_decimal { ///< as decimal; "off" is none
  std::optional<std::int64_t>& value;
  std::int64_t low, high;
};
struct optional_ratio { ///< the same, of a share
  std::optional<std::int64_t>& value;
  std::int64_t low, high;
};
struct optional_duration { ///< "off" is none
  std::optional<nanoseconds>& value;
  nanoseconds low, high;
};
/// A text that means something else; `take` says what is wrong with one.
struct parsed {
  std::string value;
  std::function<result<void>(const std::string&)> take;
};
struct parsed_list {
  std::vector<std::string> value;
  std::function<result<void>(const std::vector<std::string>&)> take;
};
/// A key that others of the same struct have, and this one does not.
struct unset {};

using kind = std::variant<flag, text, list, pattern_list, day_list, time, number, whole, decimal,
                          duration, choice, optional_whole, optional_decimal, optional_ratio,
                          optional_duration, parsed, parsed_list, unset>;

} // namespace setting

class setting_visitor {
public:
  static constexpr std::int64_t decimal_max = std::numeric_limits<std::int64_t>::max();

  virtual ~setting_visitor() = default;

  void flag(std::string_view key, bool& value) { visit(key, &value, setting::flag{value}); }
  void text(std::string_view key, std::string& value) { visit(key, &value, setting::text{value}); }
  void list(std::string_view key, std::vector<std::string>& value) {
    visit(key, &value, setting::list{value});
  }
  void pattern_list(std::string_view key, std::vector<std::string>& value) {
    visit(key, &value, setting::pattern_list{value});
  }
  void day_list(std::string_view key, std::vector<std::int32_t>& value, std::int32_t low,
                std::int32_t high) {
    visit(key, &value, setting::day_list{value, low, high});
  }
  void time(std::string_view key, timestamp& value) { visit(key, &value, setting::time{value}); }
  void number(std::string_view key, double& value, double low, double high) {
    visit(key, &value, setting::number{value, low, high});
  }

  /// Whole numbers in [low, high].
  template <std::integral T>
  void whole(std::string_view key, T& value, std::type_identity_t<T> low,
             std::type_identity_t<T> high) {
    auto wide = static_cast<std::int64_t>(value);
    visit(key, &value,
          setting::whole{wide, static_cast<std::int64_t>(low), static_cast<std::int64_t>(high)});
    value = static_cast<T>(wide);
  }
  template <std::integral T>
  void optional_whole(std::string_view key, std::optional<T>& value, std::int64_t low,
                      std::int64_t high, bool has_off = false) {
    auto wide = value ? std::optional{static_cast<std::int64_t>(*value)} : std::nullopt;
    visit(key, &value, setting::optional_whole{wide, low, high, has_off});
    value = wide ? std::optional{static_cast<T>(*wide)} : std::nullopt;
  }

  /// Exact decimals: a number in 1e-8, or a type that holds one.
  void decimal(std::string_view key, std::int64_t& value, std::int64_t low, std::int64_t high) {
    visit(key, &value, setting::decimal{value, low, high});
  }
  template <class T>
  void decimal(std::string_view key, T& value, std::int64_t low, std::int64_t high) {
    visit(key, &value, setting::decimal{value.value, low, high});
  }
  template <class T>
  void optional_decimal(std::string_view key, std::optional<T>& value) {
    auto wide = value ? std::optional{static_cast<std::int64_t>(value->value)} : std::nullopt;
    visit(key, &value, setting::optional_decimal{wide, 0, decimal_max});
    value = wide ? std::optional{T{*wide}} : std::nullopt;
  }
  void optional_ratio(std::string_view key, std::optional<std::int64_t>& value, std::int64_t high) {
    visit(key, &value, setting::optional_ratio{value, 0, high});
  }

  /// In [low, high], of the precision of the type.
  template <class Duration>
  void duration(std::string_view key, Duration& value, std::type_identity_t<Duration> low,
                std::type_identity_t<Duration> high) {
    nanoseconds fine{value};
    visit(key, &value, setting::duration{fine, low, high, Duration{1}});
    value = std::chrono::duration_cast<Duration>(fine);
  }
  void optional_duration(std::string_view key, std::optional<nanoseconds>& value, nanoseconds low,
                         nanoseconds high) {
    visit(key, &value, setting::optional_duration{value, low, high});
  }

  /// One of a few names.
  template <class Enum>
  void choice(std::string_view key, Enum& value,
              std::type_identity_t<std::span<const std::pair<std::string_view, Enum>>> choices) {
    std::vector<std::pair<std::string_view, std::int64_t>> names;
    for (auto& [name, named] : choices)
      names.emplace_back(name, static_cast<std::int64_t>(named));
    auto chosen = static_cast<std::int64_t>(value);
    visit(key, &value, setting::choice{chosen, names});
    value = static_cast<Enum>(chosen);
  }

  void parsed(std::string_view key, const void* member, setting::parsed what) {
    visit(key, member, what);
  }
  void parsed_list(std::string_view key, const void* member, setting::parsed_list what) {
    visit(key, member, what);
  }
  void unset(std::string_view key, const void* member) { visit(key, member, setting::unset{}); }

  /// No setting: it is made of others, or of what is read elsewhere.
  void derived(const void* member) { note_member(member); }

  /// A sub-section; without an agreement, it has that of the section around it.
  template <class Declare>
  void section(std::string_view name, std::optional<agreement> of, const Declare& declare_it) {
    begin_section(name, of);
    declare_it();
    end_section();
  }
  /// Entries of a list of sections. Their number comes from what was read before.
  template <class Entry, class Declare>
  void entries(std::string_view name, std::vector<Entry>& all, std::optional<agreement> of,
               const Declare& declare_it) {
    note_member(&all);
    if (!begin_list(name, all.size())) return;
    for (std::size_t i = 0; i < all.size(); ++i)
      section(name, of, [&] { declare_it(all[i]); });
  }

protected:
  virtual void visit(std::string_view key, const void* member, const setting::kind& what) = 0;
  virtual void begin_section(std::string_view name, std::optional<agreement> of) = 0;
  virtual void end_section() = 0;
  /// False: the entries are passed over.
  virtual bool begin_list(std::string_view name, std::size_t size) = 0;
  /// A member that is declared by other means than visit().
  virtual void note_member(const void*) {}
};

} // namespace tickmesh
