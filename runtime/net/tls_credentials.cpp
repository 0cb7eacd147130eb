#include "runtime/net/tls_credentials.hpp"

#include "runtime/net/tls_faults.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <sys/stat.h>

#include <array>
#include <ctime>
#include <utility>

namespace tickmesh {

namespace {

using context_ptr = std::shared_ptr<SSL_CTX>;

constexpr std::string_view authority_name = "/ca.crt", certificate_name = "/tls.crt",
                           key_name = "/tls.key", revoked_name = "/revoked.crl";

/// Changes with any of the files.
std::string stamp_of(const std::string& directory) {
  std::string out;
  for (auto name : {authority_name, certificate_name, key_name, revoked_name}) {
    struct stat found {};
    if (::stat((directory + std::string{name}).c_str(), &found) == 0)
      out += fmt::format("{}:{}.{}:{}", found.st_ino, found.st_mtim.tv_sec, found.st_mtim.tv_nsec,
                         found.st_size);
    out += ';';
  }
  return out;
}

tl::unexpected<fault> file_fault_of(const std::string& path, std::string_view what) {
  return fail(fmt::format("network.certificates: {}: {}: {}", path, what, take_tls_reason()));
}

result<void> add_revoked(SSL_CTX& context, const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  auto* store = ::SSL_CTX_get_cert_store(&context);
  auto* lookup = ::X509_STORE_add_lookup(store, ::X509_LOOKUP_file());
  if (lookup == nullptr || ::X509_load_crl_file(lookup, path.c_str(), X509_FILETYPE_PEM) < 1)
    return file_fault_of(path, "no list of revoked certificates");
  ::X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return {};
}

void warn_of_readers(const std::string& key_file) {
  struct stat found {};
  if (::stat(key_file.c_str(), &found) == 0 && (found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    log_warning("network.certificates: {} can be read by other users of this machine", key_file);
}

result<context_ptr> read_files(const std::string& directory) {
  ::ERR_clear_error();
  context_ptr out{::SSL_CTX_new(::TLS_method()), ::SSL_CTX_free};
  if (out == nullptr) return fail("TLS: " + take_tls_reason());
  auto* context = out.get();
  ::SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  // A connection lasts as long as its hosts: nothing is resumed.
  ::SSL_CTX_set_num_tickets(context, 0);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  auto authority = directory + std::string{authority_name};
  if (::SSL_CTX_load_verify_file(context, authority.c_str()) != 1)
    return file_fault_of(authority, "no certificate of an authority");
  auto certificate = directory + std::string{certificate_name};
  if (::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return file_fault_of(certificate, "no certificate");
  auto key = directory + std::string{key_name};
  if (::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1)
    return file_fault_of(key, "no key of the certificate");
  if (auto added = add_revoked(*context, directory + std::string{revoked_name}); !added)
    return tl::unexpected(added.error());
  warn_of_readers(key);
  return out;
}

} // namespace

result<std::shared_ptr<tls_credentials>> tls_credentials::open(std::string directory) {
  std::shared_ptr<tls_credentials> out{new tls_credentials{std::move(directory)}};
  out->stamp_ = stamp_of(out->directory_);
  auto read = read_files(out->directory_);
  if (!read) return tl::unexpected(read.error());
  out->context_ = std::move(*read);
  return out;
}

std::shared_ptr<SSL_CTX> tls_credentials::current() {
  std::lock_guard lock{mutex_};
  auto now = stamp_of(directory_);
  if (now == stamp_) return context_;
  stamp_ = std::move(now);
  if (auto read = read_files(directory_)) {
    log_info("read certificates again: {} has changed", directory_);
    context_ = std::move(*read);
  } else {
    log_error("{}; going on with what was there before", read.error().message);
  }
  return context_;
}

std::chrono::system_clock::time_point tls_credentials::expires() const {
  std::lock_guard lock{mutex_};
  std::tm ends{};
  auto* certificate = ::SSL_CTX_get0_certificate(context_.get());
  if (certificate == nullptr || ::ASN1_TIME_to_tm(::X509_get0_notAfter(certificate), &ends) != 1)
    return {};
  return std::chrono::system_clock::from_time_t(::timegm(&ends));
}

} // namespace tickmesh
