// The TLS of one connection, without its socket: ciphertext goes in and comes out as bytes.
#pragma once

#include "messages/result.hpp"
#include "runtime/net/packet_check.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

class tls_session {
public:
  /// `peer` is the name or address by which a connecting end knows the other; its certificate has
  /// to have it. An accepting end asks for none.
  tls_session(std::shared_ptr<SSL_CTX> credentials, connection_end end, const std::string& peer);

  /// Takes what came from the socket. Fails, with the reason, when the connection has to end;
  /// `sealed` may then have a last word for the other end.
  result<void> receive(std::span<const char> bytes);

  /// Takes what was written; it goes out when the handshake is done.
  void write(std::vector<char>& plain);

  /// Says that nothing more is written.
  void finish();

  /// What was received and is readable; the caller empties it.
  std::vector<char>& opened() { return opened_; }
  /// What is to be sent; the caller empties it.
  std::vector<char>& sealed() { return sealed_; }

  bool is_established() const { return ::SSL_is_init_finished(session_.get()) == 1; }

  /// The names and addresses in the other end's certificate; empty before the handshake is done.
  std::vector<std::string> peer_names() const;

private:
  result<void> shake_hands();
  void collect_sealed();

  std::shared_ptr<SSL_CTX> credentials_;
  std::unique_ptr<SSL, void (*)(SSL*)> session_;
  BIO* incoming_ = nullptr; ///< of the session
  BIO* outgoing_ = nullptr;
  std::vector<char> waiting_; ///< written before the handshake was done
  std::vector<char> opened_, sealed_;
};

} // namespace tickmesh
