// Orders, fills and positions of an execution slot in a SQLite file, for people to query: a
// projection of the journal, from which it can be made again at any time
// (docs/decisions/0018-the-ledger-is-a-projection.md). Used by ledger_keeper and
// `tickmesh ledger rebuild`; `tickmesh orders` and others read it beside them (ledger_reader).
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/trading_universe.hpp"
#include "actors/execution/ledger/sqlite_database.hpp"
#include "actors/execution/trading/trading_changes.hpp"
#include "messages/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tickmesh {

/// Where the ledger of a slot (`exec-0`) is, below a host's own part of the state directory.
std::filesystem::path ledger_path(const std::filesystem::path& host_state, std::string_view slot);

struct trading_ledger_options {
  std::filesystem::path file;     ///< its directory is made where there is none
  std::uint64_t run_identity = 0; ///< slot_journal_options::run_identity
  /// How long a call waits for another process that holds the file.
  std::chrono::milliseconds busy_timeout{ledger_settings{}.busy_timeout};
  std::uint64_t pages_max = 0; ///< of 4 KiB; 0: no limit. A larger file is a full disk (tests)
};

/// For one thread. A fault leaves the file as it was before the call, or before begin().
class trading_ledger {
public:
  struct opened {
    std::unique_ptr<trading_ledger> ledger;
    std::string note; ///< one sentence on a file that was set aside; empty: none was
  };

  /// Opens the file, or makes it. One that is damaged, or is no ledger of this version, is set
  /// aside under another name, since everything in it can be made again. Fails where the file
  /// can't be read or written.
  static result<opened> open(const trading_ledger_options& options);

  /// Number of the last event whose changes the ledger has, with those of all before; 0 where it
  /// has none, and where it is of another run identity.
  std::uint64_t last_event() const { return last_event_; }

  /// Adds all changes through `changes.through`, whole or not at all: of each order and position
  /// the row of the later event holds. Precondition: the ledger has all changes before them.
  result<void> write(const trading_changes& changes, const trading_universe& universe);

  /// The same in parts, on an empty ledger: readers see what was there before until commit(). Of
  /// this run's rows, those of events up to `kept` stay: the journal tells no more of them.
  result<void> begin_anew(std::uint64_t kept = 0);
  /// The same, behind what is there.
  result<void> begin();
  result<void> add(const trading_changes& changes, const trading_universe& universe);
  result<void> commit(std::uint64_t through, const trading_universe& universe);
  void abandon();

  /// Whether a fault was damage of the file, so that only setting it aside helps.
  bool is_damaged() const { return is_damaged_ || database_.is_damaged(); }
  const std::filesystem::path& file() const { return options_.file; }

private:
  trading_ledger(trading_ledger_options options, sqlite_database database);
  result<void> set_up();
  result<void> read_progress();
  result<void> follow_account(const std::string& account);
  result<void> add_order(const order_row& row, const trading_universe& universe);
  result<void> add_fill(const fill_row& row, const trading_universe& universe);
  result<void> add_position(const position_change& change, const trading_universe& universe);

  trading_ledger_options options_;
  sqlite_database database_; // outlives its statements
  sqlite_statement put_order_, put_fill_, put_position_, put_progress_;
  std::uint64_t last_event_ = 0;
  std::string account_; // of all positions; empty: not known
  bool is_damaged_ = false;
};

/// Gives the file, and what SQLite keeps beside it, a name that is free; where it is now.
result<std::filesystem::path> set_ledger_aside(const std::filesystem::path& file);

/// Fails, naming the file, when it is no ledger of this version.
result<void> check_ledger(sqlite_database& database, const std::filesystem::path& file);

} // namespace tickmesh
