#include "runtime/net/tls_faults.hpp"

#include <openssl/x509_vfy.h>

#include <string_view>

namespace tickmesh {

namespace {

/// What the other end found wrong, by the alert that it sent.
std::string_view refusal_of(int reason) {
  switch (reason) {
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return "it is not signed by the authority of that cluster";
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return "it has expired";
  case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED: return "it is revoked";
  case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: return "it shows none";
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE: return "it does not fit, perhaps its names";
  case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: return "it is not for this use";
  default: return {};
  }
}

} // namespace

std::string take_tls_reason() {
  auto code = ::ERR_peek_last_error();
  ::ERR_clear_error();
  if (code == 0) return "no reason given";
  auto* reason = ::ERR_reason_error_string(code);
  return reason != nullptr ? reason : "number " + std::to_string(code);
}

std::string take_tls_failure(const SSL& session) {
  auto verdict = ::SSL_get_verify_result(&session);
  auto reason = ERR_GET_REASON(::ERR_peek_last_error());
  auto text = take_tls_reason();
  if (verdict != X509_V_OK)
    return std::string{"its certificate is refused: "} + ::X509_verify_cert_error_string(verdict);
  if (auto refusal = refusal_of(reason); !refusal.empty())
    return "it refuses this host's certificate: " + std::string{refusal};
  switch (reason) {
  case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "it shows no certificate";
  case SSL_R_WRONG_VERSION_NUMBER:
  case SSL_R_HTTP_REQUEST:
  case SSL_R_UNSUPPORTED_PROTOCOL: return "it does not speak TLS 1.3";
  default: return "TLS: " + text;
  }
}

} // namespace tickmesh
