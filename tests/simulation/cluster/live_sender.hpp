// The sender of a live market, outside of all hosts: one connection to each data host, over which
// it says its records by their numbers. It keeps what some host has not acknowledged, and lets go
// of the rest.
#pragma once

#include "tests/simulation/cluster/live_source.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tickmesh {

class live_sender {
public:
  using nanoseconds = std::chrono::nanoseconds;

  /// The records are those of `market`, each due when the market's clock shows its time.
  /// `settings` are those of the hosts' sources; `hosts` (their numbers) have the data role.
  live_sender(std::shared_ptr<const feed_source> market, const source_settings& settings,
              std::vector<std::size_t> hosts, std::uint64_t seed);

  /// The source of a process that starts on a host, and its end.
  std::shared_ptr<const live_source> begin_life(std::size_t host);
  void end_life(std::size_t host);

  /// The connection to a host ends, with what is on it.
  void cut(std::size_t host, nanoseconds now);

  /// What happens between the sender and a host by now.
  void work(std::size_t host, nanoseconds now);

  const std::vector<tick>& records() const { return records_; }

  /// The last number up to which a data slot was done with a symbol's records: 0: none.
  std::uint64_t accepted(symbol_id symbol) const { return accepted_.at(symbol.value); }

  /// What was asked for although all had acknowledged it; since the last call.
  std::optional<std::string> take_complaint() { return std::exchange(complaint_, std::nullopt); }

  /// How far it is, for people.
  std::string describe() const;
  /// By name, for people.
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

private:
  struct host_link {
    std::shared_ptr<live_source> source; ///< null: no process
    std::uint64_t next = 1;              ///< number of the next record to be said
    std::uint64_t told = 0;              ///< the last number that was ever acknowledged
    bool must_say_gap = false;           ///< what it has let go of was asked for
    bool lacks_numbers = false;          ///< it has refused what follows
    bool has_greeting = false;
    bool has_said_day = false;
    bool has_said_end = false;
    nanoseconds retry_at{};
  };

  void hear(host_link& from, nanoseconds now);
  void take_greeting(host_link& from, std::uint64_t number, std::int32_t day);
  void say(host_link& to, const sender_item& item);
  void say_due(host_link& to, nanoseconds now);
  std::uint64_t forgotten() const;
  bool chance(std::uint64_t percent) { return random_() % 100 < percent; }

  std::shared_ptr<const feed_source> market_;
  source_settings settings_;
  std::mt19937_64 random_;
  bool tells_day_; ///< of the numbers
  std::vector<tick> records_;
  std::vector<std::uint64_t> accepted_; ///< by symbol
  std::map<std::size_t, host_link> links_;
  std::optional<std::string> complaint_;
  std::map<std::string, std::uint64_t> counts_;
};

} // namespace tickmesh
