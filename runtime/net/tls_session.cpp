#include "runtime/net/tls_session.hpp"

#include "runtime/net/tls_faults.hpp"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <array>
#include <new>
#include <string_view>

namespace tickmesh {

namespace {

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

std::string text_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS)
    return {reinterpret_cast<const char*>(::ASN1_STRING_get0_data(name.d.dNSName)),
            static_cast<std::size_t>(::ASN1_STRING_length(name.d.dNSName))};
  if (name.type != GEN_IPADD) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  auto size = ::ASN1_STRING_length(name.d.iPAddress);
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ::ASN1_STRING_get0_data(name.d.iPAddress),
              text.data(), text.size());
  return text.data();
}

} // namespace

tls_session::tls_session(std::shared_ptr<SSL_CTX> credentials, connection_end end,
                         const std::string& peer)
    : credentials_(std::move(credentials)), session_(::SSL_new(credentials_.get()), ::SSL_free),
      incoming_(::BIO_new(::BIO_s_mem())), outgoing_(::BIO_new(::BIO_s_mem())) {
  if (session_ == nullptr || incoming_ == nullptr || outgoing_ == nullptr) throw std::bad_alloc{};
  ::SSL_set_bio(session_.get(), incoming_, outgoing_);
  if (end == connection_end::accepted) {
    ::SSL_set_accept_state(session_.get());
    return;
  }
  ::SSL_set_connect_state(session_.get());
  auto* rules = ::SSL_get0_param(session_.get());
  if (is_address(peer))
    ::X509_VERIFY_PARAM_set1_ip_asc(rules, peer.c_str());
  else
    ::X509_VERIFY_PARAM_set1_host(rules, peer.data(), peer.size());
  (void)shake_hands(); // says hello; nothing can be wrong yet
}

void tls_session::collect_sealed() {
  char* bytes = nullptr;
  auto count = BIO_get_mem_data(outgoing_, &bytes);
  if (count <= 0) return;
  sealed_.insert(sealed_.end(), bytes, bytes + count);
  (void)BIO_reset(outgoing_);
}

result<void> tls_session::shake_hands() {
  ::ERR_clear_error();
  auto done = ::SSL_do_handshake(session_.get());
  auto problem = ::SSL_get_error(session_.get(), done);
  collect_sealed();
  if (done == 1) {
    write(waiting_);
    return {};
  }
  if (problem == SSL_ERROR_WANT_READ) return {};
  return fail(take_tls_failure(*session_));
}

result<void> tls_session::receive(std::span<const char> bytes) {
  ::BIO_write(incoming_, bytes.data(), static_cast<int>(bytes.size()));
  if (!is_established())
    if (auto shaken = shake_hands(); !shaken || !is_established()) return shaken;
  constexpr std::size_t record_bytes = 16'384;
  std::array<char, record_bytes> piece;
  ::ERR_clear_error();
  for (;;) {
    auto count = ::SSL_read(session_.get(), piece.data(), static_cast<int>(piece.size()));
    if (count > 0) {
      opened_.insert(opened_.end(), piece.data(), piece.data() + count);
      continue;
    }
    auto problem = ::SSL_get_error(session_.get(), count);
    collect_sealed();
    if (problem == SSL_ERROR_WANT_READ || problem == SSL_ERROR_ZERO_RETURN) return {};
    return fail(take_tls_failure(*session_));
  }
}

void tls_session::write(std::vector<char>& plain) {
  if (!is_established()) {
    if (&plain != &waiting_) waiting_.insert(waiting_.end(), plain.begin(), plain.end());
  } else if (!plain.empty()) {
    // Into memory all of it goes at once.
    ::SSL_write(session_.get(), plain.data(), static_cast<int>(plain.size()));
    collect_sealed();
  }
  if (&plain != &waiting_ || is_established()) plain.clear();
}

void tls_session::finish() {
  if (!is_established()) return;
  ::SSL_shutdown(session_.get());
  collect_sealed();
}

std::vector<std::string> tls_session::peer_names() const {
  std::vector<std::string> out;
  std::unique_ptr<X509, void (*)(X509*)> certificate{::SSL_get1_peer_certificate(session_.get()),
                                                     ::X509_free};
  if (certificate == nullptr || !is_established()) return out;
  std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names{
      static_cast<GENERAL_NAMES*>(
          ::X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)),
      ::GENERAL_NAMES_free};
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i)
    if (auto text = text_of(*sk_GENERAL_NAME_value(names.get(), i)); !text.empty())
      out.push_back(std::move(text));
  return out;
}

} // namespace tickmesh
