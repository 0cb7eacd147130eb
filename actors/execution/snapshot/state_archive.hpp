// The bytes of a trading state: one list of members in each class, `persist(archive)`, that both
// writes and reads, so that the two can't differ. Used by slot_snapshot.
//
//   template <class Archive>
//   void persist(Archive& archive) { archive(a_, b_, c_); }
//
// Numbers are of variable length, seven bits a byte, the lowest first; signed ones are folded, so
// that small magnitudes are short. Texts and containers have their length before them, optional
// values and variants a byte. Plain values that several classes share are listed in
// state_fields.hpp.
#pragma once

#include "messages/numbers.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tickmesh {

/// The order and the kinds of members, as all `persist` have them. Is raised by whoever changes
/// one; a reader may ask archive.version() where it still reads older ones.
inline constexpr std::uint32_t state_layout_version = 2;
/// The oldest one that is read.
inline constexpr std::uint32_t state_layout_oldest = 1;

class state_writer {
public:
  static constexpr bool is_reader = false;

  template <class... Values>
  void operator()(Values&... values);

  std::uint32_t version() const { return state_layout_version; }
  bool is_sound() const { return true; }
  void reject() {}

  void put_number(uint128 n) {
    for (; n >= 0x80U; n >>= 7U)
      bytes_ += static_cast<char>(static_cast<unsigned>(n & 0x7FU) | 0x80U);
    bytes_ += static_cast<char>(n);
  }
  void put_text(std::string_view text) {
    put_number(text.size());
    bytes_ += text;
  }
  /// A part of its own, with its length before it.
  template <class Persist>
  void part(Persist persist) {
    state_writer inner;
    persist(inner);
    put_text(inner.bytes_);
  }

  std::string& bytes() { return bytes_; }

private:
  std::string bytes_;
};

/// Of bytes that may be anything: what can't be read is left as a default, and said by is_sound().
/// Takes no more memory than a constant times the bytes.
class state_reader {
public:
  static constexpr bool is_reader = true;

  explicit state_reader(std::string_view bytes, std::uint32_t version = state_layout_version)
      : rest_(bytes), version_(version) {}

  template <class... Values>
  void operator()(Values&... values);

  std::uint32_t version() const { return version_; }
  bool is_sound() const { return is_sound_; }
  /// Everything was read, and nothing is left.
  bool is_done() const { return is_sound_ && rest_.empty(); }
  /// What was read is no state.
  void reject() {
    is_sound_ = false;
    rest_ = {};
  }

  uint128 get_number() {
    uint128 out = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (rest_.empty() || shift > 126) return reject(), 0;
      auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 126 && byte > 3) return reject(), 0; // 128 bits
      out |= static_cast<uint128>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return out;
    }
  }
  /// Points into the bytes.
  std::string_view get_text() {
    auto length = get_number();
    if (length > rest_.size()) return reject(), std::string_view{};
    auto out = rest_.substr(0, static_cast<std::size_t>(length));
    rest_.remove_prefix(out.size());
    return out;
  }
  /// How many elements follow, each of at least a byte.
  std::size_t get_count() {
    auto count = get_number();
    if (count > rest_.size()) return reject(), 0;
    return static_cast<std::size_t>(count);
  }
  template <class Persist>
  void part(Persist persist) {
    state_reader inner{get_text(), version_};
    persist(inner);
    if (!inner.is_done()) reject();
  }
  std::size_t left() const { return rest_.size(); }

private:
  std::string_view rest_;
  std::uint32_t version_;
  bool is_sound_ = true;
};

} // namespace tickmesh

#include "actors/execution/snapshot/state_values.hpp" // the calls are templates
