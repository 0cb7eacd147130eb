// What a socket source is made of before anyone connects: names, fingerprint and refused settings.
#include "actors/market/socket_source.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace tickmesh {

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
  auto source = load_feed_source(settings, {});
  REQUIRE_MESSAGE(source.has_value(), source.error().message);
  return *source;
}

std::string fault_of(const source_settings& settings, const instrument_table& instruments = {}) {
  auto source = load_feed_source(settings, instruments);
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
  other.socket.symbols = {"S 1"};
  CHECK(fault_of(other).find("\"S 1\" is not a symbol") != std::string::npos);
  other.socket.symbols = {};
  CHECK(fault_of(other).find("is empty") != std::string::npos);
  instrument any;
  any.pattern = "*";
  CHECK(fault_of(settings, instrument_table{{any}}).find("is reserved") != std::string::npos);
  settings.socket.listen = "unix:";
  CHECK(fault_of(settings).find("source.socket.listen: \"unix:\" needs a path") !=
        std::string::npos);
}

} // namespace tickmesh
