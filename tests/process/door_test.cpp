// Who reaches a port without being a host: whatever it sends, or does not send, ends its connection
// and touches no other.
#include "tests/process/undisturbed_run.hpp"
#include "tests/support/network_node.hpp"
#include "tests/support/raw_packets.hpp"
#include "tests/support/socket_client.hpp"
#include "tests/support/wire_tap.hpp"

#include <fstream>
#include <list>
#include <random>

namespace tickmesh::door_test {

namespace {

using std::chrono::milliseconds;

std::string local(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// Memory of a process in MiB.
std::size_t resident_mib(const std::string& process = "self") {
  std::ifstream file{"/proc/" + process + "/statm"};
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) >> 20;
}

/// A header and what it says follows it.
struct seen_packet {
  packet_kind kind{};
  std::string bytes;
};

/// What a client of CAF sends to a host: the handshake, then packets of some kinds.
std::vector<seen_packet> split_packets(std::string_view bytes) {
  std::vector<seen_packet> out;
  while (bytes.size() >= packet_header_bytes) {
    std::size_t payload = 0;
    for (int i = 4; i < 8; ++i)
      payload = payload << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    auto size = std::min(packet_header_bytes + payload, bytes.size());
    out.push_back({static_cast<packet_kind>(bytes[0]), std::string{bytes.substr(0, size)}});
    bytes.remove_prefix(size);
  }
  return out;
}

/// What a good client sent to a host that had published an echo.
std::vector<seen_packet> record_client(std::uint16_t port) {
  wire_tap tap{port};
  network_node client;
  CHECK(client.ask(client.connect(tap.port()), "hello") == "hello");
  auto out = split_packets(tap.copied());
  REQUIRE(out.size() >= 3);
  REQUIRE(out[0].kind == packet_kind::client_handshake);
  return out;
}

/// A stranger's packets, drawn from what a good client says.
class hostile_client {
public:
  hostile_client(std::uint64_t seed, std::vector<seen_packet> good)
      : random_(seed), good_(std::move(good)) {}

  /// The good handshake of a node of its own.
  std::string handshake() {
    auto out = good_[0].bytes;
    for (std::size_t i = out.size() - 12; i < out.size() - 4; ++i)
      out[i] = static_cast<char>(random_());
    return out;
  }

  std::string packet() {
    switch (random_() % 5) {
    case 0: return noise(random_() % 400);
    case 1: { // cut off
      auto out = good();
      out.resize(random_() % out.size());
      return out;
    }
    case 2: return good(); // once more
    case 3: {              // too long
      auto out = good();
      out[4] = static_cast<char>(random_());
      out[5] = static_cast<char>(random_());
      return out;
    }
    default: { // with some bytes wrong
      auto out = good();
      for (auto i = random_() % 8 + 1; i > 0; --i)
        out[random_() % out.size()] = static_cast<char>(random_());
      return out;
    }
    }
  }

  bool says_hello() { return random_() % 2 == 0; }

private:
  std::string noise(std::size_t size) {
    std::string out(size, ' ');
    for (auto& byte : out)
      byte = static_cast<char>(random_());
    return out;
  }
  std::string good() { return good_[random_() % good_.size()].bytes; }

  std::mt19937_64 random_;
  std::vector<seen_packet> good_;
};

/// A process of the user `nobody`: it does `work` and answers with a number, then waits for its
/// end.
class other_user {
public:
  static constexpr uid_t id = 65'534;

  template <class Work>
  explicit other_user(const Work& work) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    answer_ = file_descriptor{ends[0]};
    file_descriptor say{ends[1]};
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    int number = ::setuid(id) == 0 ? work() : 0;
    [[maybe_unused]] auto written = ::write(say.number(), &number, sizeof number);
    for (;;)
      ::pause();
  }
  other_user(const other_user&) = delete;
  other_user& operator=(const other_user&) = delete;
  ~other_user() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  int answer() const {
    int out = 0;
    REQUIRE(::read(answer_.number(), &out, sizeof out) == sizeof out);
    return out;
  }

private:
  file_descriptor answer_;
  pid_t pid_ = -1;
};

/// How many packets a test of strangers sends; more by hand.
int packets_wanted() {
  auto* chosen = std::getenv("TICKMESH_HOSTILE_PACKETS");
  return chosen != nullptr ? std::atoi(chosen) : 5'000;
}

} // namespace

TEST_CASE("the packets that end a process of bare CAF 0.17.6 end a connection here") {
  network_node host, friendly;
  auto port = host.publish(host.spawn(echo_actor));
  auto echo = friendly.connect(port);
  const std::vector<std::string> killers{
      raw_header({.kind = packet_kind::client_handshake}),
      raw_header({.kind = packet_kind::server_handshake, .operation = 2}),
      raw_header({.kind = packet_kind::client_handshake}, 0xf000'0000),
      raw_header({.kind = packet_kind::direct_message, .destination = 1}, 0xf000'0000),
      raw_bytes({.kind = packet_kind::client_handshake, .payload = std::string(1, '\0')}),
      raw_bytes({.kind = packet_kind::client_handshake, .payload = std::string(64, '\0')})};
  for (auto& bytes : killers) {
    socket_client stranger{local(port)};
    stranger.send(bytes);
    CHECK(stranger.drain());
  }
  CHECK(host.traffic().refused_packets == killers.size());
  CHECK(friendly.ask(echo, "still there") == "still there");
}

TEST_CASE("thousands of bad packets before and after the handshake disturb nobody") {
  network_node host, friendly;
  auto port = host.publish(host.spawn(echo_actor));
  auto echo = friendly.connect(port);
  hostile_client stranger{20'261'130, record_client(port)};
  auto before = resident_mib();
  auto total = packets_wanted();
  for (int sent = 0; sent < total;) {
    socket_client connection{local(port)};
    bool hello = stranger.says_hello();
    if (hello) connection.send(stranger.handshake());
    for (int i = 0; i < (hello ? 10 : 1); ++i, ++sent)
      connection.send(stranger.packet());
    if (sent % 50 == 0) REQUIRE(friendly.ask(echo, "here") == "here");
  }
  CHECK(friendly.ask(echo, "still there") == "still there");
  CHECK(host.traffic().refused_packets > 0);
  CHECK(resident_mib() < before + 64);
}

TEST_CASE("half-open connections and slow ones keep no host out, and end") {
  actor_system_options options;
  options.limits.handshake_timeout = milliseconds{500};
  network_node host{options};
  auto port = host.publish(host.spawn(echo_actor));
  auto good = record_client(port);
  auto before = resident_mib();
  std::list<socket_client> open;
  for (int i = 0; i < 500; ++i)
    open.emplace_back(local(port));
  // Those that have a handshake to come send it a byte at a time, and never finish it.
  std::size_t slow = 20, sent = 0;
  auto trickle = [&] {
    auto i = open.rbegin();
    for (std::size_t n = 0; n < slow; ++n, ++i)
      i->send(good[0].bytes.substr(sent, 1));
    ++sent;
  };
  trickle();
  network_node friendly;
  CHECK(friendly.ask(friendly.connect(port), "here") == "here");
  CHECK(wait_until(patience, [&] {
    if (sent + 2 < good[0].bytes.size()) trickle();
    return host.traffic().unfinished >= 500;
  }));
  for (auto& each : open)
    CHECK(each.drain());
  CHECK(resident_mib() < before + 64);
}

TEST_CASE("one connection too many is closed, and those that are there go on") {
  actor_system_options options;
  options.limits.connections_max = 2;
  network_node host{options}, first, second, third;
  auto port = host.publish(host.spawn(echo_actor));
  auto echo = first.connect(port);
  {
    auto other = second.connect(port);
    CHECK(second.ask(other, "x") == "x");
    socket_client refused{local(port)};
    CHECK(refused.drain());
    CHECK(host.traffic().refused_full == 1);
  }
  CHECK(first.ask(echo, "y") == "y");
}

TEST_CASE("another user of this machine is kept out, on either end") {
  if (::geteuid() != 0) {
    MESSAGE("not root, so there is no other user to be");
    return;
  }
  network_node host;
  auto port = host.publish(host.spawn(echo_actor));
  other_user client{[port] {
    auto socket = connect_tcp("127.0.0.1", port, patience);
    pollfd waited{socket ? socket->number() : -1, POLLIN, 0};
    ::poll(&waited, 1, static_cast<int>(milliseconds{patience}.count()));
    char byte = 0;
    return socket && ::recv(socket->number(), &byte, 1, 0) == 0 ? 1 : 2;
  }};
  CHECK(client.answer() == 1);
  CHECK(host.traffic().refused_users == 1);
  // And a port of theirs, where they wait for whoever takes it for a host.
  other_user server{[] {
    static file_descriptor port_file{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(port_file.number(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(port_file.number(), 1);
    return static_cast<int>(own_name(port_file.number()).port);
  }};
  auto found = host.try_connect(static_cast<std::uint16_t>(server.answer()));
  REQUIRE(!found);
  CHECK(describe(found.error()) ==
        "it belongs to user 65534 of this machine, and this is user 0 (network.other_users)");
}

TEST_CASE("a cluster whose ports are attacked gives what it gives in peace") {
  scratch_directory scratch;
  cluster_run cluster{scratch, market(10)};
  cluster.start(five_workers);
  std::vector<std::string> ports;
  for (std::string host : {"control", "data-0", "data-1", "calc-0", "calc-1", "exec-0"}) {
    std::string address;
    REQUIRE(wait_until(patience, [&] {
      address = file_text(scratch.path(host + ".address"));
      return address.ends_with('\n');
    }));
    address.pop_back();
    ports.push_back(address);
  }
  cluster.wait_for_orders();
  network_node node;
  auto good = record_client(node.publish(node.spawn(echo_actor)));
  hostile_client stranger{7, good};
  std::list<socket_client> open;
  for (int i = 0; i < 60; ++i)
    for (auto& port : ports) {
      open.emplace_back(port);
      socket_client connection{port};
      connection.send(stranger.packet());
    }
  CHECK(cluster.host("control").is_running());
  cluster.wait_for_success();
  auto run = merge_and_read(scratch, cluster.results());
  for (auto& [name, bytes] : undisturbed_run().files)
    CHECK_MESSAGE(run.files.at(name) == bytes, name);
}

TEST_CASE("a cluster of six processes starts and stops, again and again") {
  auto* chosen = std::getenv("TICKMESH_STARTS");
  for (int i = chosen != nullptr ? std::atoi(chosen) : 20; i > 0; --i) {
    CAPTURE(i);
    scratch_directory scratch;
    cluster_run cluster{scratch, sim_flags(200, 2'000, 0)};
    cluster.start(five_workers);
    cluster.wait_for_success();
  }
}

} // namespace tickmesh::door_test
