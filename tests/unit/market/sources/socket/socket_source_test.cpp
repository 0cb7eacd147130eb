// What a socket source is made of before anyone connects: names, fingerprint and refused settings.
#include "actors/market/sources/socket/socket_source.hpp"

#include "actors/market/sources/open_source.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

namespace tickmesh::socket_source_test {

namespace {

using std::chrono::milliseconds;

source_settings tcp_settings() {
  source_settings settings;
  settings.kind = source_kind::socket;
  settings.socket.listen = "127.0.0.1:0";
  settings.socket.symbols = {"S2", "S1"};
  return settings;
}

std::shared_ptr<const feed_source> load(const source_settings& settings) {
  auto source = open_source(settings, {});
  REQUIRE_MESSAGE(source.has_value(), source.error().message);
  return *source;
}

std::string fault_of(const source_settings& settings, const instrument_table& instruments = {}) {
  auto source = open_source(settings, instruments);
  REQUIRE(!source.has_value());
  return source.error().message;
}

} // namespace

TEST_CASE("a socket source is the same on hosts that listen elsewhere, and needs exact names") {
  auto settings = tcp_settings();
  auto other = settings;
  other.socket.listen = "unix:elsewhere";
  other.socket.silence_max = milliseconds{1};
  CHECK(load(settings)->fingerprint() == load(other)->fingerprint());
  CHECK_FALSE(load(settings)->is_repeatable());
  other.socket.symbols.emplace_back("S3");
  CHECK(load(settings)->fingerprint() != load(other)->fingerprint());
  CHECK(load(other)->symbols().names() ==
        std::vector<std::string>{"S1", "S2", "S3", "UNKNOWN_SYMBOL"});

  other.socket.symbols = {"S1", "S1"};
  CHECK(fault_of(other) == "source.socket.symbols: S1 stands twice, or is reserved");
  other.socket.symbols = {"S1 "};
  CHECK(fault_of(other).find("\"S1 \" is not a symbol") != std::string::npos);
  other.socket.symbols = {};
  CHECK(fault_of(other).find("is empty") != std::string::npos);
  instrument any;
  any.pattern = "*";
  CHECK(fault_of(settings, instrument_table{{any}}).find("is reserved") != std::string::npos);
  settings.socket.listen = "unix:";
  CHECK(fault_of(settings).find("source.socket.listen: \"unix:\" needs a path") !=
        std::string::npos);
}

TEST_CASE("a file of a token that can't be read, or holds none, is refused with key and path") {
  temporary_directory directory;
  auto settings = tcp_settings();
  auto path = settings.socket.token_file = (directory.path() / "token").string();
  CHECK(fault_of(settings).find("source.socket.token_file: \"" + path +
                                "\" can't be read: No such file") == 0);
  auto holds = [&](std::string_view text) { std::ofstream{path, std::ios::binary} << text; };
  holds("\n");
  CHECK(fault_of(settings).find("is empty; allowed: a file with one token") != std::string::npos);
  for (std::string_view text : {"two words", "\xff\xfe", "one\ntwo\n"}) {
    holds(text);
    CHECK(fault_of(settings).find("holds no token") != std::string::npos);
  }
  holds(std::string(201, 'x'));
  CHECK(fault_of(settings).find("holds no token") != std::string::npos);
  holds(std::string(200, 'x') + "\r\n");
  CHECK(load(settings)->fingerprint() == load(tcp_settings())->fingerprint());
  settings.socket.token_file = directory.path().string();
  CHECK(fault_of(settings).find("can't be read") != std::string::npos);
}

} // namespace tickmesh::socket_source_test
