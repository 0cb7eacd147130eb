// TLS between senders and a socket source: what is let in, and that nobody else disturbs it.
#include "tests/process/undisturbed_run.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/live_slot.hpp"

#include <random>

namespace tickmesh::socket_tls_test {

namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

/// An authority and the credentials of the host that listens.
struct guarded_source {
  explicit guarded_source(source_settings settings = tcp_settings())
      : source(load(settings, tls_credentials::open(authority.host("data-0")).value())) {}

  scratch_directory scratch;
  test_authority authority{scratch, "ours"};
  std::shared_ptr<const socket_source> source;
  reader slot{*source};
};

bool faults_reach(const socket_source& source, std::uint64_t count) {
  return wait_until(patience, [&] { return source.counts().faults == count; });
}

/// As its log says it; empty when it does not.
std::string where_it_listens(child_process& run, const std::string& log_file) {
  const std::string words = "socket source: listening on ";
  std::string out;
  wait_until(patience, [&] {
    auto log = file_text(log_file);
    auto at = log.find(words);
    auto end = log.find('"', at);
    if (at == log.npos || end == log.npos) return !run.is_running();
    out = log.substr(at + words.size(), end - at - words.size());
    return true;
  });
  return out;
}

} // namespace

TEST_CASE("a sender with a certificate of the authority is served through TLS") {
  guarded_source guarded;
  constexpr std::uint64_t count = 50'000; // many records of TLS
  socket_client client{guarded.source->listens_on(), guarded.authority.host("feed")};
  CHECK(client.line() == "hello,1,0,0");
  client.send(std::string{header} + rows(1, count));
  REQUIRE(guarded.slot.read_to(count));
  CHECK(client.last_ack(count));
  CHECK(in_sequence(guarded.slot.ticks, 1));
  client.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(client.line().starts_with("closing,"));
  CHECK(client.line().empty());
  CHECK(client.fault().empty());
}

TEST_CASE("who does not show a good certificate gets nowhere, and disturbs no sender") {
  guarded_source guarded;
  auto& source = *guarded.source;
  socket_client served{source.listens_on(), guarded.authority.host("feed")};
  CHECK(served.line() == "hello,1,0,0");
  served.send(std::string{header} + row(1));
  REQUIRE(guarded.slot.read_to(1));
  SUBCASE("plain bytes") {
    socket_client plain{source.listens_on()};
    plain.send(std::string{header} + row(2));
    CHECK(faults_reach(source, 1));
    CHECK(plain.drain());
  }
  SUBCASE("a certificate of another authority") {
    test_authority theirs{guarded.scratch, "theirs"};
    auto directory = theirs.host("feed");
    fs::copy_file(guarded.scratch.path("ours/data-0/ca.crt"), directory + "/ca.crt",
                  fs::copy_options::overwrite_existing);
    socket_client stranger{source.listens_on(), directory};
    CHECK(stranger.line().empty());
    CHECK(stranger.fault() ==
          "it refuses this host's certificate: it is not signed by the authority of that cluster");
    CHECK(faults_reach(source, 1));
  }
  SUBCASE("a revoked certificate, from the next connection on") {
    auto directory = guarded.authority.host("old");
    fs::copy_file(guarded.authority.revoke("old"), guarded.scratch.path("ours/data-0/revoked.crl"));
    socket_client revoked{source.listens_on(), directory};
    CHECK(revoked.line().empty());
    CHECK(revoked.fault() == "it refuses this host's certificate: it is revoked");
    CHECK(faults_reach(source, 1));
  }
  SUBCASE("bytes of no sense, and connections that break off within the handshake") {
    std::mt19937_64 random{7};
    for (std::uint64_t i = 0; i < 200; ++i) {
      socket_client stranger{source.listens_on()};
      std::string bytes(random() % 400, '\0');
      for (auto& byte : bytes)
        byte = static_cast<char>(random());
      if (i % 2 == 0) bytes.insert(0, "\x16\x03\x01\x01\x00\x01", 6); // as TLS begins
      stranger.send_plain(bytes);
    }
  }
  served.send(rows(2, 500));
  REQUIRE(guarded.slot.read_to(500));
  CHECK(served.last_ack(500));
}

TEST_CASE("a handshake that goes no further is closed in time") {
  auto settings = tcp_settings();
  settings.socket.message_timeout = milliseconds{200};
  guarded_source guarded{settings};
  socket_client silent{guarded.source->listens_on()}, slow{guarded.source->listens_on()};
  slow.send_plain({"\x16\x03\x01\x01\x00\x01", 6});
  CHECK(faults_reach(*guarded.source, 2));
  CHECK(silent.drain());
  CHECK(slow.drain());
}

TEST_CASE("a sender behind TLS that reads no replies is closed") {
  auto settings = tcp_settings();
  settings.socket.silence_max = milliseconds{300};
  guarded_source guarded{settings};
  auto feed = guarded.authority.host("feed");
  socket_client client{guarded.source->listens_on(), feed};
  CHECK(client.line() == "hello,1,0,0");
  client.send(header);
  std::string lines;
  for (std::uint64_t position = 1; position < 500'000; ++position)
    lines += fmt::format("{},not a record\n", position);
  client.send(lines);
  CHECK(faults_reach(*guarded.source, 1));
  socket_client next{guarded.source->listens_on(), feed};
  CHECK(next.line().starts_with("hello,1,"));
}

TEST_CASE("a Unix socket has its file for a door, and stays plain") {
  scratch_directory scratch;
  auto settings = tcp_settings();
  settings.socket.listen = "unix:" + scratch.path("feed");
  guarded_source guarded{settings};
  socket_client client{settings.socket.listen};
  CHECK(client.line() == "hello,1,0,0");
}

TEST_CASE("the Python sender goes through TLS, killed in the middle, and says why it is refused") {
  guarded_source guarded;
  auto& scratch = guarded.scratch;
  constexpr std::uint64_t count = 20'000;
  auto file = write_ticks(scratch, count);
  auto address = guarded.source->listens_on();
  auto feed = guarded.authority.host("feed");
  test_authority theirs{scratch, "theirs"};
  auto stranger =
      start_sender(scratch, "stranger", {address, file, "--certificates", theirs.host("feed")});
  CHECK(stranger.wait() == 1);
  CHECK_MESSAGE(stranger.err().find("certificate verify failed") != std::string::npos,
                stranger.err());
  fs::copy_file(feed + "/ca.crt", scratch.path("theirs/feed/ca.crt"),
                fs::copy_options::overwrite_existing);
  auto refused = start_sender(scratch, "refused",
                              {address, file, "--certificates", scratch.path("theirs/feed")});
  CHECK(refused.wait() == 1);
  CHECK_MESSAGE(refused.err().find("unknown ca") != std::string::npos, refused.err());
  {
    auto sender =
        start_sender(scratch, "first", {address, file, "--certificates", feed, "--rate", "10000"});
    REQUIRE_MESSAGE(guarded.slot.read_to(count / 4), sender.err());
    sender.send_signal(SIGKILL);
    sender.wait();
  }
  auto sender = start_sender(scratch, "second", {address, file, "--certificates", feed});
  REQUIRE_MESSAGE(guarded.slot.read_to_end(), sender.err());
  CHECK(guarded.slot.ticks.size() == count);
  CHECK(in_sequence(guarded.slot.ticks, 2));
  CHECK(sender.wait() == 0);
}

TEST_CASE("a run with certificates takes ticks through TLS, and has the results of a plain one") {
  scratch_directory scratch;
  test_authority authority{scratch, "ours"};
  auto file = write_market_of_two(scratch);
  auto host = authority.host("local"), feed = authority.host("feed");
  auto results = [&](const std::string& name, const arguments& more, const arguments& sends) {
    child_process run{scratch.path(""), name, program_under_test(),
                      arguments{"run", "--set", "log.file=" + scratch.path(name + ".log"),
                                "--state-dir", scratch.path(name + ".state"), "--results",
                                scratch.path(name), "--set", "source.kind=socket", "--set",
                                "source.socket.listen=127.0.0.1:0", "--set",
                                "source.socket.symbols=SIM0001,SIM0002"} +
                          more};
    auto address = where_it_listens(run, scratch.path(name + ".log"));
    REQUIRE_MESSAGE(!address.empty(), run.err());
    auto sender = start_sender(scratch, name + ".sender", arguments{address, file} + sends);
    REQUIRE_MESSAGE(run.wait() == 0, run.err());
    REQUIRE_MESSAGE(sender.wait() == 0, sender.err());
    return read_results(scratch.path(name));
  };
  auto plain = results("plain", {}, {});
  auto sealed = results("sealed", {"--certificates", host}, {"--certificates", feed});
  CHECK(plain.count("/ticks/accepted") == 5'000);
  CHECK(sealed.count("/ticks/accepted") == 5'000);
  for (auto* name : {"factors.csv", "signals.csv", "orders.csv", "fills.csv", "positions.csv"})
    CHECK_MESSAGE(sealed.files.at(name) == plain.files.at(name), name);
}

} // namespace tickmesh::socket_tls_test
