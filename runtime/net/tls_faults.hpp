// What OpenSSL says was wrong, in words for a person.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

namespace tickmesh {

/// The last of OpenSSL's faults of this thread; forgets them all.
std::string take_tls_reason();

/// Why a handshake or a connection failed: what is wrong with the other end's certificate, or what
/// it found wrong with this one's. Forgets OpenSSL's faults.
std::string take_tls_failure(const SSL& session);

} // namespace tickmesh
