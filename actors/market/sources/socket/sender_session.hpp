// One connection of a socket source but for its socket: what was said on it, where its numbers
// stand, and what it is told. Plain class behind socket_server.
#pragma once

#include "actors/market/feed/live_numbering.hpp"
#include "actors/market/sources/socket/socket_cursors.hpp"
#include "actors/market/sources/socket/socket_protocol.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

class sender_session {
public:
  /// Greets the sender; `from` is where the cursors stand.
  sender_session(const socket_settings& settings, const resume_place& from);

  void receive(std::string_view bytes) { protocol_->receive(bytes); }

  /// See socket_protocol.
  result<bool> next(sender_item& out) { return protocol_->next(out); }
  bool is_inside_message() const { return protocol_->is_inside_message(); }

  std::uint64_t last_number() const { return protocol_->last_number(); }

  /// Admits the first item. Where a token is demanded, it must be a login that brings it. The
  /// sender's numbers are followed from here on; `logged` is where the cursors stand now.
  result<void> begin(const sender_item& first, const std::string& token, source_position logged);

  /// Where an item stands: a record, malformed or not, or the last position of a gap; any other
  /// where the last one was. A fault says why the connection has to be closed. `trading_day` is
  /// that of a record, see live_numbering::take. `today` bounds the days that a sender may open.
  result<source_position> place(const sender_item& item, std::int32_t trading_day,
                                std::int32_t today);

  /// As the sender has given it; empty without a login.
  const std::string& name() const { return name_; }

  /// The highest position that it was greeted with or has sent.
  source_position reached() const { return std::max(start_, last_); }

  /// All up to here is logged or rejected: tells the sender of what is its own.
  void acknowledge(source_position all);
  void reject(std::uint64_t number, std::string_view reason);
  void say_closing(std::string_view reason);

  /// What is to be written; whoever writes it removes it.
  std::string& replies() { return replies_; }

private:
  std::unique_ptr<socket_protocol> protocol_;
  std::string replies_;
  source_position start_{};               ///< as greeted
  bool is_fresh_ = false;                 ///< was greeted with 0, for its day is over
  std::optional<live_numbering> numbers_; ///< since the first item
  std::string name_;
  bool has_ended_ = false;    ///< it said so
  source_position last_{};    ///< of what it has sent
  source_position told_{};    ///< acknowledged, or of a day before its own
  std::int32_t told_day_ = 0; ///< that acknowledgements are of
};

/// True when both are the same bytes; takes as long whatever `given` is.
bool is_same_token(std::string_view expected, std::string_view given);

} // namespace tickmesh
