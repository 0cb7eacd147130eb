// A socket source and a data slot as far as the source sees it, for tests of senders.
#pragma once

#include "actors/market/sources/socket/socket_source.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/socket_client.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

inline constexpr std::string_view header =
    "position,timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume\n";

inline source_settings tcp_settings() {
  source_settings settings;
  settings.kind = source_kind::socket;
  settings.socket.listen = "127.0.0.1:0";
  settings.socket.symbols = {"S2", "S1"};
  // Stamps are believed, and marks follow them at once, where a test is not about them.
  settings.time_jump.confirm_count = 1;
  settings.socket.lateness = {};
  return settings;
}

inline std::shared_ptr<const socket_source>
load(const source_settings& settings, std::shared_ptr<tls_credentials> credentials = nullptr) {
  auto source = load_socket_source(settings, {}, std::move(credentials));
  REQUIRE_MESSAGE(source.has_value(), source.error().message);
  return *source;
}

inline std::string row(std::uint64_t position, std::string_view symbol = "S1") {
  return fmt::format("{},{},{},snapshot,5,1,4,1,6,1\n", position,
                     1'700'000'000'000'000'000 + position * 1'000'000, symbol);
}

inline std::string rows(std::uint64_t first, std::uint64_t last) {
  std::string out;
  for (auto position = first; position <= last; ++position)
    out += row(position);
  return out;
}

/// A data slot, as far as a source sees it: reads all there is and acknowledges it.
struct reader {
  explicit reader(const socket_source& source, std::uint64_t from = 0)
      : reader(source, source_position{from}) {}
  reader(const socket_source& source, source_position from, timestamp time_mark = {})
      : cursor(source.open({{{source_id{}, from}}, time_mark})) {}

  /// Reads until idle or the end.
  void read() {
    tick t;
    for (;;) {
      auto event = cursor->next(t);
      ended = event == feed_event::end;
      if (ended || event == feed_event::idle) break;
      if (event != feed_event::record) continue;
      ticks.push_back(t);
      if (ticks.size() == read_max) break;
    }
    if (!ticks.empty()) cursor->acknowledge(source_id{}, cursor->position());
  }

  bool read_to(std::size_t count) {
    return wait_until(patience, [&] {
      read();
      return ticks.size() >= count;
    });
  }
  bool read_to_end() {
    return wait_until(patience, [&] {
      read();
      return ended;
    });
  }

  std::unique_ptr<feed> cursor;
  std::vector<tick> ticks;
  std::size_t read_max = SIZE_MAX;
  bool ended = false;
};

/// True when the ticks are those of positions first, first + 1, ..., each once.
inline bool in_sequence(const std::vector<tick>& ticks, std::uint64_t first) {
  for (auto& t : ticks)
    if (t.position.value != first++) return false;
  return true;
}

/// A file of `count` records from line 2 on.
inline std::string write_ticks(const scratch_directory& scratch, std::uint64_t count) {
  std::string text{header.substr(header.find(',') + 1)};
  for (std::uint64_t line = 2; line < count + 2; ++line) {
    auto record = row(line, line % 2 == 0 ? "S1" : "S2");
    text += record.substr(record.find(',') + 1);
  }
  return scratch.write("ticks.csv", text);
}

/// scripts/send_ticks.py with these arguments.
inline child_process start_sender(const scratch_directory& scratch, const std::string& name,
                                  arguments more) {
  arguments args{"env", "python3", source_path("scripts/send_ticks.py")};
  args.insert(args.end(), more.begin(), more.end());
  std::filesystem::create_directories(scratch.path("logs"));
  return {scratch.path("logs"), name, "/usr/bin/env", args};
}

} // namespace tickmesh
