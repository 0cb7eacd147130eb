// How each kind of value is written to a state_archive and read back. Included by it alone.
#pragma once

#include "actors/execution/snapshot/state_archive.hpp"
#include "actors/execution/values/boxed.hpp"
#include "messages/enumerators.hpp"
#include "messages/numbers.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace tickmesh {

namespace detail {

template <class T, template <class...> class Template>
inline constexpr bool is_of = false;
template <template <class...> class Template, class... Arguments>
inline constexpr bool is_of<Template<Arguments...>, Template> = true;

template <class T>
inline constexpr bool is_named_number = false;
template <class Tag, class Rep>
inline constexpr bool is_named_number<named_number<Tag, Rep>> = true;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

template <class T>
concept wide_integral = std::integral<T> || std::same_as<T, int128> || std::same_as<T, uint128>;

template <class T>
concept persisting = requires(T& value, state_writer& archive) {
  value.persist(archive);
};

template <class T>
inline constexpr bool is_sequence = is_of<T, std::vector> || is_of<T, std::deque>;
template <class T>
inline constexpr bool is_map = is_of<T, std::map> || is_of<T, std::unordered_map>;

template <class T>
concept signed_number = std::signed_integral<T> || std::same_as<T, int128>;

template <wide_integral T>
void persist_number(state_writer& archive, T value) {
  if constexpr (signed_number<T>) {
    auto wide = static_cast<int128>(value);
    auto folded = static_cast<uint128>(wide) << 1U;
    archive.put_number(wide < 0 ? ~folded : folded);
  } else {
    archive.put_number(value);
  }
}

template <wide_integral T>
void persist_number(state_reader& archive, T& value) {
  auto n = archive.get_number();
  if constexpr (signed_number<T>) {
    auto wide = static_cast<int128>(n >> 1U);
    if ((n & 1U) != 0) wide = ~wide;
    value = static_cast<T>(wide);
    if (static_cast<int128>(value) != wide) archive.reject();
  } else {
    value = static_cast<T>(n);
    if (static_cast<uint128>(value) != n) archive.reject();
  }
  if (!archive.is_sound()) value = {};
}

/// Room for what is to come, within what is left to read.
template <class Sequence>
void make_room(Sequence& out, std::size_t count, const state_reader& archive) {
  using element = typename Sequence::value_type;
  if constexpr (is_of<Sequence, std::vector>)
    out.reserve(std::min(count, archive.left() / sizeof(element) + 1));
}

template <class Sequence>
void persist_sequence(state_writer& archive, Sequence& values) {
  archive.put_number(values.size());
  for (auto&& value : values) {
    if constexpr (std::same_as<typename Sequence::value_type, bool>)
      archive.put_number(value ? 1U : 0U);
    else
      archive(value);
  }
}

template <class Sequence>
void persist_sequence(state_reader& archive, Sequence& values) {
  values.clear();
  auto count = archive.get_count();
  make_room(values, count, archive);
  for (; count > 0 && archive.is_sound(); --count) {
    if constexpr (std::same_as<typename Sequence::value_type, bool>) {
      bool value = false;
      archive(value);
      values.push_back(value);
    } else {
      archive(values.emplace_back());
    }
  }
}

/// Lists that are named by an enumeration get longer: one that is shorter is read, too.
template <class Array>
void persist_array(state_writer& archive, Array& values) {
  archive.put_number(values.size());
  for (auto& value : values)
    archive(value);
}
template <class Array>
void persist_array(state_reader& archive, Array& values) {
  values = {};
  auto count = archive.get_count();
  if (count > values.size()) return archive.reject();
  for (std::size_t i = 0; i < count; ++i)
    archive(values[i]);
}

/// In the order of their keys, whatever the container's.
template <class Map>
void persist_map(state_writer& archive, Map& values) {
  std::vector<typename Map::value_type*> sorted;
  sorted.reserve(values.size());
  for (auto& entry : values)
    sorted.push_back(&entry);
  std::ranges::sort(
      sorted, {}, [](auto* entry) -> auto& { return entry->first; });
  archive.put_number(sorted.size());
  for (auto* entry : sorted) {
    auto key = entry->first;
    archive(key, entry->second);
  }
}
template <class Map>
void persist_map(state_reader& archive, Map& values) {
  values.clear();
  for (auto count = archive.get_count(); count > 0 && archive.is_sound(); --count) {
    typename Map::key_type key{};
    typename Map::mapped_type value{};
    archive(key, value);
    if (!values.emplace(std::move(key), std::move(value)).second) archive.reject();
  }
}

template <class Set>
void persist_set(state_writer& archive, Set& values) {
  archive.put_number(values.size());
  for (auto value : values)
    archive(value);
}
template <class Set>
void persist_set(state_reader& archive, Set& values) {
  values.clear();
  for (auto count = archive.get_count(); count > 0 && archive.is_sound(); --count) {
    typename Set::value_type value{};
    archive(value);
    if (!values.insert(std::move(value)).second) archive.reject();
  }
}

template <class Variant>
void persist_variant(state_writer& archive, Variant& value) {
  archive.put_number(value.index());
  std::visit([&](auto& content) { archive(content); }, value);
}
template <class Variant, std::size_t... Places>
void read_alternative(state_reader& archive, Variant& value, std::size_t place,
                      std::index_sequence<Places...>) {
  auto read = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place>) {
    if (place == Place) archive(value.template emplace<Place>());
  };
  (read(std::integral_constant<std::size_t, Places>{}), ...);
}
template <class Variant>
void persist_variant(state_reader& archive, Variant& value) {
  auto place = archive.get_number();
  if (place >= std::variant_size_v<Variant>) return archive.reject();
  read_alternative(archive, value, static_cast<std::size_t>(place),
                   std::make_index_sequence<std::variant_size_v<Variant>>{});
}

template <class Archive, class T>
void persist_optional(Archive& archive, std::optional<T>& value) {
  bool is_there = value.has_value();
  archive(is_there);
  if (Archive::is_reader) value = is_there ? std::optional<T>{T{}} : std::nullopt;
  if (value) archive(*value);
}

template <class Archive, class T>
void persist_boxed(Archive& archive, boxed<T>& value) {
  bool is_there = *value != T{};
  archive(is_there);
  if (!is_there) {
    if (Archive::is_reader) value = {};
    return;
  }
  auto content = *value;
  archive(content);
  if (Archive::is_reader) value = boxed<T>{std::move(content)};
}

template <class Enum>
void persist_enumerator(state_writer& archive, Enum& value) {
  archive.put_number(static_cast<std::uint64_t>(value));
}
template <class Enum>
void persist_enumerator(state_reader& archive, Enum& value) {
  auto n = archive.get_number();
  if (n >= enumerator_count<Enum>) return archive.reject();
  value = static_cast<Enum>(n);
}

inline void persist_text(state_writer& archive, std::string& text) {
  archive.put_text(text);
}
inline void persist_text(state_reader& archive, std::string& text) {
  text = archive.get_text();
}

inline void persist_bool(state_writer& archive, bool& value) {
  archive.put_number(value ? 1U : 0U);
}
inline void persist_bool(state_reader& archive, bool& value) {
  auto n = archive.get_number();
  if (n > 1) archive.reject();
  value = n == 1;
}

template <class Archive, class T>
void persist_value(Archive& archive, T& value) {
  if constexpr (persisting<T>) {
    value.persist(archive);
  } else if constexpr (std::is_empty_v<T>) {
    return;
  } else if constexpr (std::same_as<T, bool>) {
    persist_bool(archive, value);
  } else if constexpr (std::is_enum_v<T>) {
    persist_enumerator(archive, value);
  } else if constexpr (wide_integral<T>) {
    persist_number(archive, value);
  } else if constexpr (is_named_number<T>) {
    persist_number(archive, value.value);
  } else if constexpr (std::same_as<T, timestamp>) {
    auto ns = to_ns(value);
    persist_number(archive, ns);
    value = from_ns(ns);
  } else if constexpr (std::same_as<T, nanoseconds>) {
    auto ns = static_cast<std::int64_t>(value.count());
    persist_number(archive, ns);
    value = nanoseconds{ns};
  } else if constexpr (std::same_as<T, std::string>) {
    persist_text(archive, value);
  } else if constexpr (is_of<T, std::optional>) {
    persist_optional(archive, value);
  } else if constexpr (is_of<T, boxed>) {
    persist_boxed(archive, value);
  } else if constexpr (is_of<T, std::pair> || is_of<T, std::tuple>) {
    std::apply([&](auto&... parts) { archive(parts...); }, value);
  } else if constexpr (is_array<T>) {
    persist_array(archive, value);
  } else if constexpr (is_sequence<T>) {
    persist_sequence(archive, value);
  } else if constexpr (is_map<T>) {
    persist_map(archive, value);
  } else if constexpr (is_of<T, std::set>) {
    persist_set(archive, value);
  } else if constexpr (is_of<T, std::variant>) {
    persist_variant(archive, value);
  } else {
    persist_fields(archive, value); // state_fields.hpp
  }
}

} // namespace detail

template <class... Values>
void state_writer::operator()(Values&... values) {
  (detail::persist_value(*this, values), ...);
}

template <class... Values>
void state_reader::operator()(Values&... values) {
  (detail::persist_value(*this, values), ...);
}

} // namespace tickmesh
