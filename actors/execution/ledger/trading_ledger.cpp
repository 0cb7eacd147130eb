#include "actors/execution/ledger/trading_ledger.hpp"

#include "actors/execution/ledger/ledger_schema.hpp"
#include "actors/execution/orders/order_state_machine.hpp"

#include <fmt/format.h>

#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

/// What SQLite keeps beside a file.
constexpr std::string_view companions[] = {"-wal", "-shm"};

/// Readers go on while it is written, and a kill loses nothing. A loss of power may lose the last
/// transactions, which the journal has.
constexpr const char* modes = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                              "PRAGMA journal_size_limit = 67108864;";

constexpr std::string_view put_order =
    "INSERT INTO orders VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE "
    "SET updated_event = excluded.updated_event, updated_ns = excluded.updated_ns, "
    "volume_e8 = excluded.volume_e8, price_e8 = excluded.price_e8, "
    "filled_e8 = excluded.filled_e8, average_price_e8 = excluded.average_price_e8, "
    "status = excluded.status, is_open = excluded.is_open, history = excluded.history "
    "WHERE excluded.updated_event >= updated_event";
constexpr std::string_view put_fill =
    "INSERT INTO fills VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING";
constexpr std::string_view put_position =
    "INSERT INTO positions VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE "
    "SET updated_event = excluded.updated_event, updated_ns = excluded.updated_ns, "
    "quantity_e8 = excluded.quantity_e8, average_price_e8 = excluded.average_price_e8, "
    "realised_e8 = excluded.realised_e8, unrealised_e8 = excluded.unrealised_e8, "
    "mark_price_e8 = excluded.mark_price_e8, long_today_e8 = excluded.long_today_e8, "
    "long_yesterday_e8 = excluded.long_yesterday_e8, short_today_e8 = excluded.short_today_e8, "
    "short_yesterday_e8 = excluded.short_yesterday_e8, fees_e8 = excluded.fees_e8, "
    "realised_net_e8 = excluded.realised_net_e8, price_fifo_e8 = excluded.price_fifo_e8, "
    "realised_fifo_e8 = excluded.realised_fifo_e8, "
    "unrealised_fifo_e8 = excluded.unrealised_fifo_e8 "
    "WHERE excluded.updated_event >= updated_event";
constexpr std::string_view put_progress = "INSERT OR REPLACE INTO progress VALUES (1,?,?,?,?)";

/// Binds the columns of a row from left to right. What it is given must live until the row is put.
class row_binder {
public:
  explicit row_binder(sqlite_statement& statement) : statement_(statement) {}

  row_binder& operator()(std::string_view text) {
    statement_.bind(at_++, text);
    return *this;
  }
  row_binder& operator()(std::uint64_t number) {
    statement_.bind(at_++, static_cast<std::int64_t>(number));
    return *this;
  }
  row_binder& operator()(timestamp t) {
    statement_.bind(at_++, to_ns(t));
    return *this;
  }
  row_binder& operator()(quantity q) {
    statement_.bind(at_++, q.value);
    return *this;
  }
  row_binder& operator()(price p) {
    if (p == no_price) return skip();
    statement_.bind(at_++, p.value);
    return *this;
  }
  /// In 1e-8. `text` keeps the digits of a number beyond 64 bits.
  row_binder& operator()(int128 units, std::string& text) {
    constexpr std::int64_t high = std::numeric_limits<std::int64_t>::max();
    if (units <= high && units >= -high) {
      statement_.bind(at_++, static_cast<std::int64_t>(units));
    } else {
      text = fmt::format("{}", units);
      statement_.bind(at_++, std::string_view{text});
    }
    return *this;
  }
  row_binder& skip() {
    statement_.bind_null(at_++);
    return *this;
  }

private:
  sqlite_statement& statement_;
  int at_ = 0;
};

std::string identity_text(std::uint64_t run_identity) {
  return fmt::format("{:016x}", run_identity);
}

} // namespace

fs::path ledger_path(const fs::path& host_state, std::string_view slot) {
  return host_state / "ledger" / fmt::format("{}.sqlite", slot);
}

result<fs::path> set_ledger_aside(const fs::path& file) {
  std::error_code error;
  fs::path aside;
  for (int i = 1; aside.empty() || fs::exists(aside, error); ++i)
    aside = fmt::format("{}.aside-{}", file.string(), i);
  fs::rename(file, aside, error);
  if (error) return fail(fmt::format("cannot rename {}: {}", file.string(), error.message()));
  for (auto suffix : companions) {
    auto from = fs::path{file}.concat(suffix);
    fs::rename(from, fs::path{aside}.concat(suffix), error);
    if (error && error != std::errc::no_such_file_or_directory)
      return fail(fmt::format("cannot rename {}: {}", from.string(), error.message()));
  }
  return aside;
}

result<void> check_ledger(sqlite_database& database, const fs::path& file) {
  auto application = database.number("PRAGMA application_id");
  if (!application) return tl::make_unexpected(application.error());
  auto version = database.number("PRAGMA user_version");
  if (!version) return tl::make_unexpected(version.error());
  if (*application != ledger_application) return fail(file.string() + " is no ledger of tickmesh");
  if (*version != ledger_schema_version)
    return fail(fmt::format("{} has the schema version {}; this program has {}", file.string(),
                            *version, ledger_schema_version));
  return {};
}

trading_ledger::trading_ledger(trading_ledger_options options, sqlite_database database)
    : options_(std::move(options)), database_(std::move(database)) {}

result<trading_ledger::opened> trading_ledger::open(const trading_ledger_options& options) {
  std::error_code error;
  auto directory = options.file.parent_path();
  fs::create_directories(directory, error);
  if (error) return fail(fmt::format("cannot make {}: {}", directory.string(), error.message()));
  opened out;
  for (;;) {
    auto database =
        sqlite_database::open(options.file, sqlite_database::access::write, options.busy_timeout);
    if (!database) return tl::make_unexpected(database.error());
    out.ledger.reset(new trading_ledger{options, std::move(*database)});
    auto& ledger = *out.ledger;
    auto tables = ledger.database_.number("SELECT count(*) FROM sqlite_schema");
    auto is_new = tables && *tables == 0;
    auto checked = !tables  ? result<void>{tl::make_unexpected(tables.error())}
                   : is_new ? result<void>{}
                            : check_ledger(ledger.database_, options.file);
    auto is_foreign = tables && !checked;
    if (checked) checked = ledger.set_up();
    if (checked) return out;
    auto can_help = out.note.empty() && (is_foreign || ledger.is_damaged());
    if (!can_help) return tl::make_unexpected(checked.error());
    out.ledger.reset();
    auto aside = set_ledger_aside(options.file);
    if (!aside) return tl::make_unexpected(aside.error());
    out.note = fmt::format("{}; it is now {}", checked.error().message, aside->string());
  }
}

/// Makes the schema where there is none, and prepares what is done often.
result<void> trading_ledger::set_up() {
  if (auto done = database_.run(modes); !done) return done;
  if (options_.pages_max > 0) {
    auto limit = fmt::format("PRAGMA max_page_count = {}", options_.pages_max);
    if (auto done = database_.number(limit); !done) return tl::make_unexpected(done.error());
  }
  auto tables = database_.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tl::make_unexpected(tables.error());
  if (*tables == 0) {
    auto done = database_.run(("BEGIN IMMEDIATE;" + ledger_schema() + "COMMIT;").c_str());
    if (!done) {
      abandon();
      return done;
    }
  }
  for (auto& [statement, text] : {std::pair{&put_order_, put_order},
                                  {&put_fill_, put_fill},
                                  {&put_position_, put_position},
                                  {&put_progress_, put_progress}}) {
    auto prepared = database_.prepare(text);
    if (!prepared) return tl::make_unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return read_progress();
}

result<void> trading_ledger::read_progress() {
  auto last =
      database_.number(fmt::format("SELECT last_event FROM progress WHERE run_identity = '{}'",
                                   identity_text(options_.run_identity)));
  if (!last) return tl::make_unexpected(last.error());
  last_event_ = static_cast<std::uint64_t>(*last);
  return {};
}

/// The account may have got another name: its positions go on under it.
result<void> trading_ledger::follow_account(const std::string& account) {
  if (!account.empty() && account == account_) return {};
  for (auto* text :
       {"DELETE FROM positions WHERE account <> ?1 AND EXISTS (SELECT 1 FROM positions "
        "AS later WHERE later.account = ?1 AND later.strategy = positions.strategy "
        "AND later.symbol = positions.symbol)",
        "UPDATE positions SET account = ?1"}) {
    auto statement = database_.prepare(text);
    if (!statement) return tl::make_unexpected(statement.error());
    statement->bind(0, std::string_view{account});
    if (auto done = statement->run(); !done) return done;
  }
  account_ = account;
  return {};
}

result<void> trading_ledger::write(const trading_changes& changes,
                                   const trading_universe& universe) {
  auto done = begin();
  if (done) done = add(changes, universe);
  if (done) done = commit(changes.through, universe);
  return done;
}

result<void> trading_ledger::begin() {
  std::error_code error; // SQLite would go on to write a file without a name
  if (!fs::exists(options_.file, error)) return fail(options_.file.string() + " is gone");
  return database_.run("BEGIN IMMEDIATE");
}

result<void> trading_ledger::begin_anew(std::uint64_t kept) {
  if (auto done = begin(); !done) return done;
  if (last_event_ == 0) kept = 0; // what is there is of another run
  auto done = database_.run(fmt::format("DELETE FROM orders WHERE updated_event > {0}; "
                                        "DELETE FROM fills WHERE event > {0}; "
                                        "DELETE FROM positions WHERE updated_event > {0}; "
                                        "DELETE FROM progress;",
                                        kept)
                                .c_str());
  if (!done) abandon();
  return done;
}

result<void> trading_ledger::add(const trading_changes& changes, const trading_universe& universe) {
  if (universe.account != account_) account_.clear(); // see follow_account
  result<void> done;
  for (auto& row : changes.orders)
    if (done) done = add_order(row, universe);
  for (auto& row : changes.fills)
    if (done) done = add_fill(row, universe);
  for (auto& [key, change] : changes.positions)
    if (done) done = add_position(change, universe);
  if (!done) abandon();
  return done;
}

result<void> trading_ledger::commit(std::uint64_t through, const trading_universe& universe) {
  if (auto done = follow_account(universe.account); !done) {
    abandon();
    return done;
  }
  auto identity = identity_text(options_.run_identity);
  row_binder bind{put_progress_};
  bind(std::uint64_t{ledger_schema_version})(identity)(through)(universe.account);
  auto done = put_progress_.run();
  if (done) done = database_.run("COMMIT");
  if (!done) {
    abandon();
    return done;
  }
  last_event_ = through;
  return {};
}

/// By some faults SQLite has ended the transaction itself, which is no fault here.
void trading_ledger::abandon() {
  is_damaged_ = is_damaged(); // before the next call, which forgets it
  static_cast<void>(database_.run("ROLLBACK"));
}

result<void> trading_ledger::add_order(const order_row& row, const trading_universe& universe) {
  auto id = format_order_id(row.id);
  std::string usage, limit;
  row_binder bind{put_order_};
  bind(row.created_event)(id)(row.updated_event)(row.created)(row.updated);
  bind(universe.symbols[row.symbol.value])(universe.name_of(row.strategy));
  bind(to_string(row.direction))(row.limit)(row.volume)(row.filled)(row.average_price);
  bind(to_string(row.status))(std::uint64_t{is_terminal(row.status) ? 0U : 1U});
  bind(to_string(row.outcome))(row.usage, usage)(row.limit_of_rule, limit)(row.scope);
  bind(row.signal)(row.signal_sequence.value)(row.history);
  return put_order_.run();
}

result<void> trading_ledger::add_fill(const fill_row& row, const trading_universe& universe) {
  auto execution = format_execution_id(row.execution);
  auto order = format_order_id(row.order);
  row_binder bind{put_fill_};
  bind(row.event)(execution)(order)(row.time);
  bind(universe.symbols[row.symbol.value])(universe.name_of(row.strategy));
  bind(to_string(row.direction))(row.at)(row.volume)(row.signal)(row.signal_sequence.value);
  bind(row.broker);
  return put_fill_.run();
}

result<void> trading_ledger::add_position(const position_change& change,
                                          const trading_universe& universe) {
  auto& row = change.row;
  std::string texts[6];
  row_binder bind{put_position_};
  bind(universe.account)(universe.name_of(row.strategy));
  bind(universe.symbols[row.symbol.value])(change.event)(row.updated);
  bind(row.held)(row.average_cost)(row.realised.value, texts[0])(row.unrealised.value, texts[1]);
  bind(row.mark);
  if (row.days_apart) {
    bool is_short = row.held.value < 0;
    auto none = quantity{};
    bind(is_short ? none : row.today)(is_short ? none : row.yesterday());
    bind(is_short ? row.today : none)(is_short ? row.yesterday() : none);
  } else {
    bind.skip().skip().skip().skip();
  }
  bind(row.fees.value, texts[2])(row.net_realised().value, texts[3])(row.fifo_cost);
  bind(row.realised_fifo.value, texts[4])(row.unrealised_fifo().value, texts[5]);
  return put_position_.run();
}

} // namespace tickmesh
