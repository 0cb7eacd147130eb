// Reads typed settings from a TOML file, the environment and flags, and gathers every fault with
// its place instead of stopping at the first. Knows no setting by name; used by apps/settings.
#pragma once

#include "messages/timestamp.hpp"

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickmesh {

/// A value from outside the file.
struct setting_override {
  std::string key;    ///< path with dots: `cluster.data_slots`, `strategies.0.period`
  std::string text;   ///< as typed; items of a list are separated by commas
  std::string origin; ///< the flag or variable, for faults: `--data-slots`
};

/// A TOML value with its line, free of the parser's types. Scalars are kept as text.
struct setting_node {
  enum class kind : std::uint8_t { boolean, integer, number, text, list, table, untyped };
  kind type = kind::table;
  std::string text;
  std::uint32_t line = 0; ///< in the file; 0 for the whole file and for overrides
  std::map<std::string, setting_node> members;
  std::vector<setting_node> items;
};

class toml_section;

/// One file with its overrides. Sections point to it, so it stays where it is.
class toml_reader {
public:
  /// Parses `file` (empty: none); of overrides with one key, the last wins. An unreadable file or a
  /// syntax error is a fault like any other, and everything is then read as if the file were empty.
  toml_reader(std::string file, std::vector<setting_override> overrides);
  toml_reader(const toml_reader&) = delete;
  toml_reader& operator=(const toml_reader&) = delete;

  toml_section root();

  /// All faults, the file's by line, then the overrides'; among them every key, section and
  /// override that nobody has asked for, with the nearest known name. Call it once, after all
  /// reads.
  std::vector<std::string> take_faults();

private:
  friend class toml_section;

  struct placed_fault {
    std::uint32_t line = 0;
    std::string text;
  };
  struct found {
    setting_node value;
    std::string origin; ///< empty: the file
  };

  void parse_file();
  void know_section(const std::string& path);
  const setting_node* find_node(std::string_view path) const;
  std::optional<found> find(const std::string& path) const;
  void reject(const std::string& path, std::string_view what);
  void reject_unknown_nodes(const setting_node& table, const std::string& path);
  void reject_unknown_overrides();

  std::string file_;
  setting_node tree_;
  std::vector<setting_override> overrides_;
  std::set<std::string> known_;    ///< keys and sections that were asked for
  std::set<std::string> sections_; ///< those of them that are sections
  std::set<std::string> faulty_;
  std::vector<placed_fault> faults_;
};

/// One table of the file, or the place where it would be. A read leaves `out` as it is when the key
/// is absent or faulty, and is true when there is no fault.
class toml_section {
public:
  toml_section section(std::string_view name);            ///< a sub-table
  std::vector<toml_section> items(std::string_view name); ///< of an array of tables, in file order

  /// True when the key is set in the file, the environment or a flag.
  bool has(std::string_view key) const;
  /// True when the key's value comes from the file, whose directory relative paths then refer to.
  bool is_from_file(std::string_view key) const;

  /// True when there is a fault about the key's value.
  bool is_faulty(std::string_view key) const;

  /// True when the key's value is this text, which may stand in place of a value of its type.
  bool says(std::string_view key, std::string_view word);

  bool read(std::string_view key, bool& out);
  bool read(std::string_view key, std::string& out);
  bool read(std::string_view key, std::vector<std::string>& out);
  bool read(std::string_view key, timestamp& out);
  /// A list of whole numbers in [low, high]; a day may also be written as 2024-01-03.
  bool read(std::string_view key, std::vector<std::int32_t>& out, std::int32_t low,
            std::int32_t high);

  /// Whole numbers in [low, high].
  template <std::integral T>
  bool read(std::string_view key, T& out, std::type_identity_t<T> low,
            std::type_identity_t<T> high) {
    auto value = static_cast<std::int64_t>(out);
    bool good =
        read_integer(key, value, static_cast<std::int64_t>(low), static_cast<std::int64_t>(high));
    if (good && has(key)) out = static_cast<T>(value);
    return good;
  }

  /// Floating-point numbers in [low, high].
  bool read_number(std::string_view key, double& out, double low, double high);

  /// The highest decimal that there is, in its units.
  static constexpr std::int64_t decimal_max = std::numeric_limits<std::int64_t>::max();
  /// Exact decimals in units of 1e-8, given as numbers or text, in [low, high].
  bool read_decimal(std::string_view key, std::int64_t& out, std::int64_t low, std::int64_t high);

  /// Durations in [low, high]; the key ends in its unit: `_s`, `_ms` or `_us`.
  template <class Duration>
  bool read_duration(std::string_view key, Duration& out, std::type_identity_t<Duration> low,
                     std::type_identity_t<Duration> high) {
    auto value = std::chrono::duration_cast<nanoseconds>(out);
    bool good = read_duration(key, value, low, high, nanoseconds{Duration{1}});
    if (good && has(key)) out = std::chrono::duration_cast<Duration>(value);
    return good;
  }
  /// The same, in multiples of `resolution`.
  bool read_duration(std::string_view key, nanoseconds& out, nanoseconds low, nanoseconds high,
                     nanoseconds resolution);

  /// One of a few names.
  template <class Enum>
  bool
  read_choice(std::string_view key, Enum& out,
              std::type_identity_t<std::span<const std::pair<std::string_view, Enum>>> choices) {
    std::vector<std::string_view> names;
    for (auto& [name, value] : choices)
      names.push_back(name);
    auto chosen = read_name(key, names);
    if (chosen) out = choices[*chosen].second;
    return chosen || !has(key);
  }

  /// Adds a fault about the key's value, in place of its source; the first fault of a key stands.
  void reject(std::string_view key, std::string_view what);

  /// Knows a key of a feature that does not exist yet, and refuses it by `what`.
  void refuse(std::string_view key, std::string_view what);

private:
  friend class toml_reader;
  toml_section(toml_reader& reader, std::string path) : reader_(&reader), path_(std::move(path)) {}

  std::string full(std::string_view key) const;
  std::optional<setting_node> take(std::string_view key);
  bool read_integer(std::string_view key, std::int64_t& out, std::int64_t low, std::int64_t high);
  std::optional<std::size_t> read_name(std::string_view key,
                                       std::span<const std::string_view> names);

  toml_reader* reader_;
  std::string path_;
};

/// `TICKMESH_CLUSTER__DATA_SLOTS` for `cluster.data_slots`.
std::string environment_name(std::string_view key);

/// The overrides among (name, value) pairs of an environment: those that begin with `TICKMESH_`.
std::vector<setting_override>
environment_overrides(std::span<const std::pair<std::string, std::string>> environment);

} // namespace tickmesh
