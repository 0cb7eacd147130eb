// The live source of one life of a data host: what a socket source has but for its thread and its
// sockets. Cursors, numbers and the conversation are the program's own; live_sender is at the other
// end.
#pragma once

#include "actors/market/sources/socket/sender_session.hpp"
#include "actors/market/sources/socket/socket_cursors.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

class live_source final : public feed_source, public std::enable_shared_from_this<live_source> {
public:
  /// A data slot is done with its own symbols (by id) up to a position: its sender may be told.
  using accepted_listener = std::function<void(const std::vector<bool>& own, source_position)>;

  /// `market` has the symbols.
  live_source(source_settings settings, std::shared_ptr<const feed_source> market,
              accepted_listener on_accepted);

  const symbol_table& symbols() const override { return market_->symbols(); }
  const std::vector<std::string>& source_names() const override { return names_; }
  std::uint64_t fingerprint() const override { return market_->fingerprint(); }
  bool is_repeatable() const override { return false; }
  std::unique_ptr<feed> open(const resume_points& from) const override;
  using feed_source::open;

  // The sender's end:

  /// A connection, in place of the one before; it is greeted.
  void connect();
  void disconnect() { session_.reset(); }
  bool is_connected() const { return session_.has_value(); }

  /// Whether more is read of the connection at present.
  bool has_room() const { return cursors_.has_room(); }

  /// What a sender says. Where the answer is to close the connection, the replies say why.
  void take(const sender_item& item);

  /// What the sender is to read, with all that it may be told by now.
  std::string take_replies();

  /// The process is gone: nothing that it does from now on can be seen.
  void end_life();

private:
  class cursor_feed;

  void close(std::string_view reason);
  result<void> take_placed(const sender_item& item, source_position before, source_position at);
  void acknowledged(const std::vector<bool>& own, source_position position) const;

  const source_settings settings_;
  const std::shared_ptr<const feed_source> market_;
  const std::vector<std::string> names_{"live"};
  accepted_listener on_accepted_;
  mutable socket_cursors cursors_;
  std::optional<sender_session> session_;
  bool has_begun_ = false; ///< something was said on the connection
  std::string last_words_; ///< of a connection that was closed
  timestamp source_time_{};
};

} // namespace tickmesh
