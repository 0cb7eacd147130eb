#include "actors/execution/ledger/sqlite_database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

namespace tickmesh {

namespace {

tl::unexpected<fault> fault_of(sqlite3* handle) {
  auto* file = sqlite3_db_filename(handle, "main");
  return fail(fmt::format("{}: {}", file != nullptr ? file : "", sqlite3_errmsg(handle)));
}

} // namespace

void sqlite_statement::closer::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

sqlite_statement& sqlite_statement::bind(int at, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), at + 1, value);
  return *this;
}

sqlite_statement& sqlite_statement::bind(int at, std::string_view text) {
  sqlite3_bind_text(handle_.get(), at + 1, text.data(), static_cast<int>(text.size()),
                    SQLITE_STATIC);
  return *this;
}

sqlite_statement& sqlite_statement::bind_null(int at) {
  sqlite3_bind_null(handle_.get(), at + 1);
  return *this;
}

result<bool> sqlite_statement::step() {
  auto code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW || code == SQLITE_DONE) return code == SQLITE_ROW;
  auto why = fault_of(sqlite3_db_handle(handle_.get()));
  sqlite3_reset(handle_.get());
  return why;
}

result<void> sqlite_statement::run() {
  for (;;) {
    auto more = step();
    if (!more) return tl::make_unexpected(more.error());
    if (*more) continue;
    sqlite3_reset(handle_.get());
    return {};
  }
}

int sqlite_statement::columns() const {
  return sqlite3_column_count(handle_.get());
}

std::string_view sqlite_statement::column_name(int at) const {
  return sqlite3_column_name(handle_.get(), at);
}

bool sqlite_statement::is_null(int at) const {
  return sqlite3_column_type(handle_.get(), at) == SQLITE_NULL;
}

std::int64_t sqlite_statement::number(int at) const {
  return sqlite3_column_int64(handle_.get(), at);
}

std::string_view sqlite_statement::text(int at) const {
  auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), at));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), at))};
}

void sqlite_database::closer::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

result<sqlite_database> sqlite_database::open(const std::filesystem::path& path, access wanted,
                                              std::chrono::milliseconds busy_timeout) {
  auto flags =
      wanted == access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  auto code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  sqlite_database out;
  out.handle_.reset(handle);
  if (code != SQLITE_OK)
    return fail(fmt::format("{}: {}", path.string(),
                            handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code)));
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  return out;
}

result<void> sqlite_database::run(const char* statements) {
  if (sqlite3_exec(handle_.get(), statements, nullptr, nullptr, nullptr) != SQLITE_OK)
    return last_fault();
  return {};
}

result<sqlite_statement> sqlite_database::prepare(std::string_view statement) {
  sqlite3_stmt* handle = nullptr;
  auto code =
      sqlite3_prepare_v3(handle_.get(), statement.data(), static_cast<int>(statement.size()),
                         SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return last_fault();
  return sqlite_statement{handle};
}

result<std::int64_t> sqlite_database::number(std::string_view statement) {
  auto prepared = prepare(statement);
  if (!prepared) return tl::make_unexpected(prepared.error());
  auto row = prepared->step();
  if (!row) return tl::make_unexpected(row.error());
  return *row ? prepared->number(0) : 0;
}

bool sqlite_database::is_damaged() const {
  auto code = sqlite3_errcode(handle_.get()) & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

tl::unexpected<fault> sqlite_database::last_fault() const {
  return fault_of(handle_.get());
}

} // namespace tickmesh
