// TLS between hosts: what is let in and what is refused, with the reason at both ends.
#include "runtime/net/tls_credentials.hpp"
#include "runtime/net/tls_session.hpp"

#include "tests/process/undisturbed_run.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/network_node.hpp"
#include "tests/support/socket_client.hpp"

namespace tickmesh::tls_test {

namespace {

namespace fs = std::filesystem;

std::shared_ptr<tls_credentials> open(const std::string& directory) {
  auto out = tls_credentials::open(directory);
  REQUIRE_MESSAGE(out.has_value(), out.error().message);
  return *out;
}

/// What each end says of a handshake; empty where it is content.
struct handshake {
  std::string client, server;
  friend bool operator==(const handshake&, const handshake&) = default;
};

std::ostream& operator<<(std::ostream& out, const handshake& shown) {
  return out << "client: " << shown.client << "; server: " << shown.server;
}

/// Two sessions without sockets, until neither has anything to say.
handshake shake_hands(const std::string& client_files, const std::string& server_files,
                      const std::string& server_name = "127.0.0.1") {
  tls_session client{open(client_files)->current(), connection_end::connected, server_name};
  tls_session server{open(server_files)->current(), connection_end::accepted, {}};
  handshake out;
  auto pass = [](tls_session& from, tls_session& to, std::string& fault) {
    std::vector<char> bytes;
    bytes.swap(from.sealed());
    if (bytes.empty() || !fault.empty()) return false;
    if (auto taken = to.receive(bytes); !taken) fault = taken.error().message;
    return true;
  };
  for (;;) {
    bool moved = pass(client, server, out.server);
    moved = pass(server, client, out.client) || moved;
    if (!moved) break;
  }
  if (out.client.empty() && out.server.empty()) {
    REQUIRE(client.is_established());
    REQUIRE(server.is_established());
  }
  return out;
}

/// So many days from now, as certificates say it.
std::string in_days(int days) {
  auto then = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() +
                                                   std::chrono::hours{24 * days});
  std::tm utc{};
  ::gmtime_r(&then, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%d%H%M%SZ", &utc);
  return text.data();
}

actor_system_options with(const std::string& directory) {
  actor_system_options out;
  out.credentials = open(directory);
  return out;
}

} // namespace

TEST_CASE(
    "hosts of one authority are let in, all others are refused with the reason at both ends") {
  scratch_directory scratch;
  test_authority ours{scratch, "ours"}, theirs{scratch, "theirs"};
  auto a = ours.host("a"), b = ours.host("b"), stranger = theirs.host("a");
  CHECK(shake_hands(a, b) == handshake{});
  const std::string refused = "its certificate is refused: ";
  const std::string refuses = "it refuses this host's certificate: ";
  SUBCASE("of another authority") {
    // The stranger has our authority's certificate, which anybody may have, and none that it
    // signed.
    fs::copy_file(a + "/ca.crt", stranger + "/ca.crt", fs::copy_options::overwrite_existing);
    CHECK(shake_hands(stranger, a) ==
          handshake{refuses + "it is not signed by the authority of that cluster",
                    refused + "unable to get local issuer certificate"});
    CHECK(shake_hands(a, stranger) ==
          handshake{refused + "unable to get local issuer certificate",
                    refuses + "it is not signed by the authority of that cluster"});
  }
  SUBCASE("expired") {
    auto old = ours.expired_host("old");
    CHECK(shake_hands(old, a) ==
          handshake{refuses + "it has expired", refused + "certificate has expired"});
    CHECK(shake_hands(a, old) ==
          handshake{refused + "certificate has expired", refuses + "it has expired"});
  }
  SUBCASE("revoked") {
    auto list = ours.revoke("b");
    fs::copy_file(list, a + "/revoked.crl");
    CHECK(shake_hands(b, a) ==
          handshake{refuses + "it is revoked", refused + "certificate revoked"});
    CHECK(shake_hands(a, b) ==
          handshake{refused + "certificate revoked", refuses + "it is revoked"});
    CHECK(shake_hands(ours.host("c"), a) == handshake{});
  }
  SUBCASE("under another name") {
    auto elsewhere = ours.host("elsewhere", "192.0.2.1");
    CHECK(shake_hands(a, elsewhere).client == refused + "IP address mismatch");
    CHECK(shake_hands(a, elsewhere, "192.0.2.1") == handshake{});
    CHECK(shake_hands(a, elsewhere, "elsewhere") == handshake{});
    CHECK(shake_hands(a, elsewhere, "b").client == refused + "hostname mismatch");
  }
}

TEST_CASE("files that are no certificates are refused by name") {
  scratch_directory scratch;
  test_authority authority{scratch, "ours"};
  auto a = authority.host("a"), b = authority.host("b");
  auto fault_of = [](const std::string& directory) {
    auto opened = tls_credentials::open(directory);
    REQUIRE(!opened);
    return opened.error().message;
  };
  CHECK(fault_of(scratch.path("none"))
            .starts_with("network.certificates: " + scratch.path("none") +
                         "/ca.crt: no certificate of an authority"));
  fs::copy_file(b + "/tls.key", a + "/tls.key", fs::copy_options::overwrite_existing);
  CHECK(fault_of(a).starts_with("network.certificates: " + a + "/tls.key: no key"));
  std::ofstream{b + "/tls.crt"} << "nothing";
  CHECK(fault_of(b).starts_with("network.certificates: " + b + "/tls.crt: no certificate"));
  auto c = authority.host("c");
  std::ofstream{c + "/revoked.crl"} << "nothing";
  CHECK(fault_of(c).starts_with("network.certificates: " + c + "/revoked.crl: no list"));
}

TEST_CASE("actors talk through TLS, and who does not speak it is told apart") {
  scratch_directory scratch;
  test_authority authority{scratch, "ours"};
  network_node host{with(authority.host("a"))}, friendly{with(authority.host("b"))}, plain;
  auto port = host.publish(host.spawn(echo_actor));
  auto echo = friendly.connect(port);
  for (std::size_t size : {0, 1, 16'383, 16'384, 16'385, 1'000'000}) {
    std::string text(size, 'x');
    CHECK(friendly.ask(echo, text) == text);
  }
  CHECK(!plain.try_connect(port));
  CHECK(host.traffic().refused_peers == 1);
  auto plain_port = plain.publish(plain.spawn(echo_actor));
  CHECK(!friendly.try_connect(plain_port));
  CHECK(plain.traffic().refused_packets == 1);
  CHECK(friendly.ask(echo, "still there") == "still there");
}

TEST_CASE("certificates are replaced without a stop") {
  scratch_directory scratch;
  test_authority authority{scratch, "ours"};
  auto a = authority.host("a");
  network_node host{with(a)}, first{with(authority.host("b"))}, second{with(authority.host("c"))};
  auto port = host.publish(host.spawn(echo_actor));
  auto echo = first.connect(port);
  // From now on b is not let in again; the connection that it has stays.
  fs::copy_file(authority.revoke("b"), a + "/revoked.crl");
  CHECK(second.ask(second.connect(port), "x") == "x");
  network_node again{with(authority.host("d"))};
  CHECK(again.ask(again.connect(port), "x") == "x");
  network_node revoked{with(scratch.path("ours/b"))};
  CHECK(!revoked.try_connect(port));
  CHECK(first.ask(echo, "y") == "y");
  // Files that are in the middle of being written change nothing.
  std::ofstream{a + "/tls.crt"} << "half a certi";
  network_node later{with(authority.host("e"))};
  CHECK(later.ask(later.connect(port), "x") == "x");
}

TEST_CASE("a cluster with TLS gives what one without gives, and its verbs show a certificate") {
  scratch_directory scratch;
  test_authority authority{scratch, "ours"};
  auto files_of = [&](const std::string& host) {
    return arguments{"--set", "network.certificates=" + authority.host(host)};
  };
  auto soon_over = authority.host_until("control", in_days(4));
  cluster_run cluster{scratch, market(10), {"--certificates", soon_over}};
  SUBCASE("every host has its own") {
    for (auto& worker : five_workers)
      cluster.start({worker}, files_of(worker.id));
    auto person = authority.host("somebody");
    std::string status;
    REQUIRE(wait_until(patience, [&] {
      auto answer = run_tickmesh(
          scratch, {"status", "--control", cluster.address(), "--certificates", person});
      status = answer.out;
      // What a host says of its certificate comes with its first heartbeat.
      return answer.code == 0 && status.find("RUNNING") != std::string::npos &&
             status.find("certificate ends") != std::string::npos;
    }));
    CHECK(status.find("control      certificate ends in 3 days") != std::string::npos);
    CHECK(status.find("certificate ends", status.find("certificate ends") + 1) ==
          std::string::npos);
    auto document = cluster.status({"--certificates", person});
    REQUIRE(document.has_value());
    for (auto& host : document->at("hosts"))
      if (host.at("node_id") == "control") CHECK(host.at("certificate_ends_ns") > 0);
    auto refused = run_tickmesh(scratch, {"status", "--control", cluster.address()});
    CHECK(refused.code == 1);
    cluster.wait_for_success();
    auto run = merge_and_read(scratch, cluster.results());
    for (auto& [name, bytes] : undisturbed_run().files)
      CHECK_MESSAGE(run.files.at(name) == bytes, name);
  }
  SUBCASE("one shows that of another") {
    auto borrowed = files_of("calc-0");
    cluster.start({{"data-0", "data"}}, borrowed);
    CHECK(cluster.host("data-0").wait() != 0);
    CHECK(cluster.host("data-0").err().find("host data-0 shows a certificate that does not have "
                                            "that name") != std::string::npos);
  }
}

} // namespace tickmesh::tls_test
