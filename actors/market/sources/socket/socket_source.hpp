// Live input over a TCP or Unix socket: other programs send records, this source hands them to its
// cursors and acknowledges what the data slots have logged. The conversation is
// socket_protocol.hpp.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "actors/market/sources/socket/socket_server.hpp"
#include "runtime/actors/host_clock.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace tickmesh {

class socket_source final : public feed_source, public std::enable_shared_from_this<socket_source> {
public:
  /// `token`: what a login must bring; empty: none is demanded. `credentials` as in
  /// load_socket_source().
  socket_source(const source_settings& settings, socket_address address, std::string token,
                std::shared_ptr<tls_credentials> credentials, trading_day_rule days,
                std::shared_ptr<host_clock> clock);

  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return source_names_; }
  std::uint64_t fingerprint() const override { return fingerprint_; }
  bool is_repeatable() const override { return false; }

  /// The first cursor starts to listen. A sender's first position is that behind the lowest resume
  /// point of the open cursors.
  std::unique_ptr<feed> open(const resume_points& from) const override;
  using feed_source::open;

  /// Where it listens, with the port that the system chose; empty while it does not.
  std::string listens_on() const { return server_->listens_on(); }

  socket_counts counts() const { return server_->counts(); }

private:
  symbol_table symbols_;
  std::vector<std::string> source_names_{"socket"};
  std::uint64_t fingerprint_ = 0;
  std::unique_ptr<socket_server> server_;
};

/// Checks `settings.socket` and reads the token. Nothing listens before the first cursor is opened.
/// The wall clock moves idle marks and judges event times that are ahead of it. With `credentials`
/// (null: none) senders that come by TCP speak TLS and show a certificate of the same authority.
result<std::shared_ptr<const socket_source>>
load_socket_source(const source_settings& settings, const instrument_table& instruments,
                   std::shared_ptr<tls_credentials> credentials = nullptr,
                   std::shared_ptr<host_clock> clock = host_clock::system());

} // namespace tickmesh
