// What a host shows and accepts in TLS 1.3, as PEM files of one directory:
//
//   ca.crt       certificate of the cluster's authority, which signs all others
//   tls.crt      of this host; among its names are host.id and the address by which others reach it
//   tls.key      the key of that certificate
//   revoked.crl  which certificates count no longer; may be missing
//
// The files are read again when they change, so that they can be replaced without a stop.
#pragma once

#include "messages/result.hpp"

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

namespace tickmesh {

class tls_credentials {
public:
  /// Reads the files; the fault names the one that is wrong.
  static result<std::shared_ptr<tls_credentials>> open(std::string directory);

  /// For new connections: what is in the files now. Where they are faulty, what was in them before;
  /// the log says so. From any thread.
  std::shared_ptr<SSL_CTX> current();

  /// When this host's certificate ends.
  std::chrono::system_clock::time_point expires() const;

private:
  explicit tls_credentials(std::string directory) : directory_(std::move(directory)) {}

  const std::string directory_;
  mutable std::mutex mutex_;
  std::shared_ptr<SSL_CTX> context_; ///< guarded by mutex_, as what follows
  std::string stamp_;                ///< of the files when they were read
};

} // namespace tickmesh
