// What the verbs say when they are called wrongly, or when what they need is not there: the same
// exit codes for the same mistakes, and words of our own that say what to do.
#include "tests/process/cluster_run.hpp"
#include "tests/support/source_tree.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace tickmesh::verb_errors_test {

namespace {

/// How libraries speak; people must not have to read it.
const std::vector<std::string> foreign_words{
    "system_error",    "sec::",      "caf::",         "CAF",         "cannot_connect",
    "request_timeout", "exception",  "json.",         "std::",       "what():",
    "terminate",       "bad_alloc",  "The following", "is required", "Exactly 1 option",
    "excludes",        "subcommand", "not in {"};

/// What a process that ended has said.
struct verb_end {
  arguments args;
  int code = 0;
  std::string err;
};

/// Runs all at once: each is a process.
std::vector<verb_end> run_all(const scratch_directory& scratch,
                              const std::vector<arguments>& commands) {
  std::vector<child_process> running;
  for (std::size_t i = 0; i < commands.size(); ++i)
    running.emplace_back(scratch.path(""), "verb" + std::to_string(i), program_under_test(),
                         commands[i]);
  std::vector<verb_end> out;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto code = running[i].wait();
    out.push_back({commands[i], code, running[i].err()});
  }
  return out;
}

std::string text_of(const arguments& args) {
  std::string out = "tickmesh";
  for (auto& arg : args)
    out += ' ' + arg;
  return out;
}

/// Each ends with this code and with our own words, `part` among them.
void check_ends(const scratch_directory& scratch, const std::vector<arguments>& commands, int code,
                const std::string& part) {
  for (auto& end : run_all(scratch, commands)) {
    CAPTURE(text_of(end.args));
    CAPTURE(end.err);
    CHECK(end.code == code);
    CHECK(end.err.find(part) != std::string::npos);
    CHECK(end.err.find("tickmesh: ") != std::string::npos);
    for (auto& word : foreign_words)
      CHECK_MESSAGE(end.err.find(word) == std::string::npos, word);
  }
}

/// Every verb, without what it needs.
const std::vector<arguments> all_verbs{{"run"},
                                       {"status"},
                                       {"subscribe"},
                                       {"results", "merge"},
                                       {"ticks", "ls"},
                                       {"ticks", "verify"},
                                       {"ticks", "export"},
                                       {"ticks", "import"},
                                       {"why"},
                                       {"audit"},
                                       {"limits", "try"},
                                       {"limits", "set"},
                                       {"halt"},
                                       {"resume"},
                                       {"order", "cancel"},
                                       {"order", "replace"},
                                       {"reconcile"},
                                       {"orders"},
                                       {"fills"},
                                       {"positions"},
                                       {"ledger", "rebuild"},
                                       {"config", "check"}};

std::vector<arguments> with(const std::vector<arguments>& verbs, const arguments& more) {
  std::vector<arguments> out;
  for (auto& verb : verbs)
    out.push_back(verb + more);
  return out;
}

/// The verbs that ask a cluster, each with all that it needs but an address.
std::vector<arguments> asking_verbs(const std::string& limits, const std::string& flag) {
  const arguments reason{"--reason", "drill"};
  std::vector<arguments> out{{"halt"},
                             arguments{"resume"} + reason,
                             {"order", "cancel", "O0000000000000001"},
                             arguments{"limits", "set", limits} + reason,
                             arguments{"reconcile", "--accept", "ctp"} + reason};
  if (flag == "--exec") return out;
  out.push_back({"status"});
  out.push_back({"subscribe", "ticks", "--symbol", "SIM0001"});
  return out;
}

/// A port that somebody listens on who never says a word.
class listening_port {
public:
  listening_port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(fd_, generic, size) == 0);
    REQUIRE(::listen(fd_, 64) == 0);
    REQUIRE(::getsockname(fd_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  listening_port(const listening_port&) = delete;
  listening_port& operator=(const listening_port&) = delete;
  ~listening_port() { ::close(fd_); }

  int fd() const { return fd_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  int fd_;
  std::uint16_t port_ = 0;
};

/// Answers as something else would, and hangs up.
class web_server {
public:
  web_server() : answering_{[this] { answer_all(); }} {}
  ~web_server() {
    ::shutdown(port_.fd(), SHUT_RDWR);
    answering_.join();
  }
  std::string address() const { return port_.address(); }

private:
  void answer_all() const {
    constexpr std::string_view answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
                                        "<html>this is no host of anything</html>\r\n";
    for (int peer = 0; (peer = ::accept(port_.fd(), nullptr, nullptr)) >= 0; ::close(peer)) {
      [[maybe_unused]] auto sent = ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::shutdown(peer, SHUT_WR);
      char rest[4'096];
      while (::recv(peer, rest, sizeof rest, 0) > 0) {
      }
    }
  }

  listening_port port_;
  std::thread answering_;
};

} // namespace

TEST_CASE("every verb knows a flag that is mistyped, and names the nearest") {
  scratch_directory scratch;
  check_ends(scratch, with(all_verbs, {"--hlep", "1"}), 2,
             "unknown flag --hlep; did you mean --help?");
  check_ends(scratch, {{"run", "1", "--speeed", "2"}}, 2,
             "unknown flag --speeed; did you mean --speed?");
  check_ends(scratch, {{"halt", "--cotrol=127.0.0.1:1"}}, 2, "did you mean --control?");
  check_ends(scratch, {{"hlat"}}, 2, "unknown command hlat; did you mean halt?");
  check_ends(scratch, {{"ticks", "lss"}}, 2,
             "tickmesh: ticks: unknown command lss; did you mean ls?");
  check_ends(scratch, {{"config", "check", "my.toml"}}, 2, "my.toml is one word too many");
}

TEST_CASE("a verb without what it needs says what that is") {
  scratch_directory scratch;
  check_ends(scratch, {{"limits"}}, 2, "needs a command: try, set");
  const std::string no_cluster = "no control host runs with the state directory ";
  check_ends(scratch, {{"status"}, {"halt"}, {"subscribe", "ticks", "--symbol", "SIM0001"}}, 2,
             no_cluster + "var on this machine (var/control.address is missing); name its own by "
                          "--state-dir, or its address by --control ADDR:PORT");
  check_ends(scratch, {{"status", "--state-dir", scratch.path("")}}, 2,
             no_cluster + scratch.path(""));
  scratch.write("control.address", "nonsense\n");
  check_ends(scratch, {{"status", "--state-dir", scratch.path("")}}, 2,
             scratch.path("") + "/control.address" + ": \"nonsense\"");
  check_ends(scratch, {{"halt", "--control", "127.0.0.1:1", "--exec", "127.0.0.1:1"}}, 2,
             "--control and --exec can't be given together");
  check_ends(scratch, {{"resume", "--control", "127.0.0.1:1"}}, 2, "needs --reason TEXT");
  check_ends(scratch, {{"ticks", "verify"}}, 2, "needs DIR");
  check_ends(scratch, {{"status", "--control"}}, 2,
             "--control needs a value, as in --control ADDR:PORT");
  check_ends(scratch, {{"status", "--json=maybe", "--control", "127.0.0.1:1"}}, 2,
             "--json takes no value");
}

TEST_CASE("a value that a flag can't have is named, with what is allowed") {
  scratch_directory scratch;
  check_ends(scratch, {{"subscribe", "tick", "--symbol", "x", "--control", "127.0.0.1:1"}}, 2,
             "WHAT = tick: is not known; did you mean ticks?");
  check_ends(scratch, {{"orders", "--limit", "many"}, {"fills", "--limit", "many"}}, 2,
             "--limit = many: is no such number; allowed: 1 to 1000000000");
  auto limits = scratch.write("limits.toml", "[execution.limits]\n");
  for (auto* day : {"2024-02-30", "yesterday", "20241301"})
    check_ends(scratch,
               {{"limits", "try", limits, "--day", day},
                {"ticks", "export", scratch.path(""), "--day", day, "--out", scratch.path("out")}},
               2, std::string{"--day = "} + day + ": is no day; allowed: 2024-01-03 or 20240103");
  check_ends(scratch, {{"limits", "try", limits, "--day", "2024-01-03", "--all"}}, 2,
             "can't be given together");
  check_ends(scratch, with({{"halt"}, {"status"}}, {"--control", "nowhere"}), 2,
             "--control = nowhere");
  check_ends(scratch, {{"resume", "--control", "127.0.0.1:1", "--reason", "odd \xff prices"}}, 2,
             "--reason: has a byte that is no UTF-8 (0xff, number 5)");
  check_ends(scratch, {{"config", "check", "--set", "execution.account=\xff"}}, 2,
             "execution.account = \xff: has a byte that is no UTF-8");
}

TEST_CASE("what is to be read and is not there ends every verb with code 2 and its name") {
  scratch_directory scratch;
  auto missing = scratch.path("missing");
  auto limits = scratch.write("limits.toml", "[execution.limits]\n");
  const arguments reason{"--reason", "drill", "--control", "127.0.0.1:1"};
  const std::vector<arguments> commands{
      {"run", "--config", missing},
      {"run", "--file", missing + ".csv", "--state-dir", scratch.path("state")},
      {"results", "merge", missing},
      {"ticks", "ls", missing},
      {"ticks", "verify", missing},
      {"ticks", "export", missing, "--day", "20240102", "--out", scratch.path("out")},
      {"ticks", "import", missing, "--out", scratch.path("out")},
      {"why", "O1", "--state-dir", missing},
      {"audit", "--state-dir", missing},
      {"limits", "try", missing},
      {"limits", "try", limits, "--state-dir", missing},
      arguments{"limits", "set", missing} + reason,
      {"orders", "--state-dir", missing},
      {"fills", "--state-dir", missing},
      {"positions", "--state-dir", missing},
      {"ledger", "rebuild", "--state-dir", missing},
      {"config", "check", "--config", missing}};
  check_ends(scratch, commands, 2, missing);
  // A directory in place of a file, and a file in place of a directory.
  auto directory = scratch.path("directory");
  std::filesystem::create_directory(directory);
  auto csv = scratch.path("directory.csv");
  std::filesystem::create_directory(csv);
  check_ends(scratch,
             {{"run", "--config", directory},
              {"run", "--file", csv, "--state-dir", scratch.path("state")},
              {"ticks", "import", directory, "--out", scratch.path("out")},
              {"limits", "try", directory},
              arguments{"limits", "set", directory} + reason,
              {"config", "check", "--config", directory}},
             2, directory);
  check_ends(scratch,
             {{"results", "merge", limits},
              {"ticks", "ls", limits},
              {"ticks", "verify", limits},
              {"ticks", "export", limits, "--day", "20240102", "--out", scratch.path("out")},
              {"why", "O1", "--state-dir", limits},
              {"orders", "--state-dir", limits}},
             2, limits);
}

TEST_CASE("an address where no cluster answers ends every verb with code 1 and says what to do") {
  scratch_directory scratch;
  auto limits = scratch.write("limits.toml", "[execution.limits]\n");
  for (std::string flag : {"--control", "--exec"}) {
    auto verbs = asking_verbs(limits, flag);
    check_ends(scratch, with(verbs, {flag, "127.0.0.1:1"}), 1,
               " answers at 127.0.0.1:1: nothing listens there");
    web_server other;
    check_ends(scratch, with(verbs, {flag, other.address()}), 1,
               " answers at " + other.address() + ": what listens there is no host of tickmesh");
  }
  listening_port silent;
  check_ends(scratch, {{"status", "--control", silent.address()}}, 1,
             "what listens there has not said within 5 s that it is a host of tickmesh");
  check_ends(scratch, {{"status", "--control", silent.address(), "--timeout", "0.2"}}, 1,
             "what listens there has not said within 0.2 s that it is a host of tickmesh");
}

} // namespace tickmesh::verb_errors_test
