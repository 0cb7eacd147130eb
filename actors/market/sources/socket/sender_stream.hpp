// The bytes of one connection of a sender: as they are, or through TLS.
#pragma once

#include "messages/result.hpp"
#include "runtime/net/file_descriptor.hpp"
#include "runtime/net/tls_session.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tickmesh {

class sender_stream {
public:
  /// What came of reading. At most one of them has something in it.
  struct arrival {
    std::string_view bytes; ///< none where nothing can be read yet
    std::string end;        ///< why nothing more will come
    std::string fault;      ///< why the connection has to be closed
  };

  /// `tls`: null for plain bytes. The socket must not block.
  sender_stream(file_descriptor socket, std::unique_ptr<tls_session> tls)
      : socket_(std::move(socket)), tls_(std::move(tls)) {}

  int descriptor() const { return socket_.number(); }

  /// Reads what there is, by way of `buffer`. The bytes are good until either is used again.
  arrival receive(std::span<char> buffer);

  /// Writes what the peer takes at once of `bytes`, and removes it. With TLS they are removed as
  /// soon as they are sealed; nothing more is while sealed bytes wait. True when the peer took
  /// something or nothing waits; a fault when the connection is broken.
  result<bool> send(std::string& bytes);

  /// False until TLS, where it is spoken, has begun.
  bool is_open() const { return tls_ == nullptr || tls_->is_established(); }

  /// True while sealed bytes wait.
  bool has_unsent() const { return tls_ != nullptr && !tls_->sealed().empty(); }

  /// Says that nothing more is written.
  void finish();

  /// Reads past what the peer still sends; false when it has come to its end.
  bool discard(std::span<char> buffer);

private:
  file_descriptor socket_;
  std::unique_ptr<tls_session> tls_;
};

} // namespace tickmesh
