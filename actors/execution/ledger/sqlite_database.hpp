// A SQLite file: opened, told what to do, and asked. Faults name the file and what SQLite says.
// Used by trading_ledger and by those who read one.
#pragma once

#include "messages/numbers.hpp"
#include "messages/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace tickmesh {

/// A prepared statement. Parameters and columns are counted from 0.
class sqlite_statement {
public:
  explicit sqlite_statement(sqlite3_stmt* handle = nullptr) : handle_(handle) {}

  sqlite_statement& bind(int at, std::int64_t value);
  /// The text must live until the statement has run.
  sqlite_statement& bind(int at, std::string_view text);
  sqlite_statement& bind_null(int at);

  /// Runs on to the next row; false at the end.
  result<bool> step();
  /// Runs to the end, to be run again with other parameters.
  result<void> run();

  int columns() const;
  std::string_view column_name(int at) const; ///< valid as long as the statement
  bool is_null(int at) const;
  std::int64_t number(int at) const;
  std::string_view text(int at) const; ///< valid until the next step

private:
  struct closer {
    void operator()(sqlite3_stmt* handle) const;
  };
  std::unique_ptr<sqlite3_stmt, closer> handle_;
};

class sqlite_database {
public:
  enum class access : std::uint8_t { read, write };

  /// With `write`, makes the file where there is none. Nothing is read yet. A call waits for so
  /// long for another process that holds the file.
  static result<sqlite_database> open(const std::filesystem::path& path, access wanted,
                                      std::chrono::milliseconds busy_timeout);

  /// Runs statements that give no rows.
  result<void> run(const char* statements);
  result<sqlite_statement> prepare(std::string_view statement);
  /// The first column of the first row; 0 without one.
  result<std::int64_t> number(std::string_view statement);

  /// What the last call met: the file is damaged, or is no database.
  bool is_damaged() const;
  tl::unexpected<fault> last_fault() const;

private:
  struct closer {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, closer> handle_;
};

} // namespace tickmesh
