// What an execution slot writes to disk and says to operators: today's encoders write the committed
// bytes, and today's decoders read them. Journal and snapshot are of version 1, which may change
// until a first release; the operator's messages are append-only.
#include "actors/execution/events/operator_codec.hpp"
#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/halt_file.hpp"
#include "actors/execution/journal/journal_state.hpp"
#include "actors/execution/snapshot/slot_snapshot.hpp"
#include "tests/support/golden_bytes.hpp"
#include "tests/support/golden_values.hpp"
#include "tests/support/journal_records.hpp"
#include "tests/support/memory_files.hpp"
#include "tests/support/small_snapshot.hpp"

#include <doctest/doctest.h>

#include <array>

namespace tickmesh::execution_bytes_test {

namespace {

using content = decltype(sequenced_event::what);

constexpr std::array<std::string_view, std::variant_size_v<content>> event_names{
    "mark",      "signal",   "report",     "timer",     "broker_event", "broker_snapshot",
    "recovered", "operator", "clock_mark", "configured"};

risk_limits position_limit(std::int64_t units) {
  risk_limits out;
  out.position_max = quantity{units};
  return out;
}

const timestamp some_time = from_ns(1'704'157'200'000'000'000);

execution_report golden_report() {
  return {.id = {order_id{255}, 2},
          .order = order_id{255},
          .broker = broker_id{1},
          .kind = report_kind::fill,
          .status = order_status::partially_filled,
          .last_price = price{1'248'500'000'000},
          .last_quantity = quantity{200'000'000},
          .cumulative = quantity{300'000'000},
          .time = some_time,
          .revision = 1,
          .refusal = refusal_cause::throttled,
          .form = {price{1'248'600'000'000}, quantity{500'000'000}},
          .text = std::string{"part"},
          .reference = 9,
          .is_told_again = true,
          .words = broker_words{.order = "sys-1",
                                .execution = "t-1",
                                .original = "t-0",
                                .code = "E7",
                                .commission = money{-(int128{1} << 70)},
                                .symbol = symbol_id{7},
                                .direction = side::sell}};
}

broker_snapshot golden_books() {
  return {.broker = broker_id{1},
          .orders = {{.order = order_id{255},
                      .cumulative = quantity{3},
                      .symbol = symbol_id{7},
                      .direction = side::buy,
                      .form = {price{5}, quantity{8}},
                      .reference = 9,
                      .broker_order = "sys-1"}},
          .positions = {{.symbol = symbol_id{7},
                         .held = quantity{-4},
                         .instrument = {},
                         .apart = broker_snapshot::sides{quantity{1}, quantity{2}, quantity{3},
                                                         quantity{4}}},
                        {.symbol = no_symbol, .held = quantity{2}, .instrument = "IF2401"}},
          .funds = account_funds{
              .account = "a-1", .cash = money{100}, .available = money{90}, .margin = money{-1}}};
}

std::shared_ptr<const slot_configuration> golden_configuration() {
  auto out = std::make_shared<slot_configuration>();
  out->build = "one";
  out->settings.limits = position_limit(5);
  out->settings.limits.signal_age_max = nanoseconds{7};
  out->settings.brokers = {{.name = "ctp", .sim = {.seed = 4}, .orders_per_second_max = 120}};
  out->settings.primary_broker = "ctp";
  out->settings.backup_broker = {};
  out->limits_in_force = out->settings.all_limits();
  out->universe = {.symbols = {"ru1901", "gone"},
                   .instruments = {instrument{.pattern = "ru####",
                                              .exchange = "SHFE",
                                              .currency = "CNY",
                                              .multiplier = 10 * decimal_scale,
                                              .price_tick = price{5 * decimal_scale},
                                              .time_zone = "Asia/Shanghai"},
                                   std::nullopt},
                   .strategies = {"boll"}};
  return out;
}

/// One of each kind, in the order of the variant.
content golden_content(std::size_t kind) {
  switch (kind) {
  case 0:
    return market_mark{.symbol = symbol_id{7},
                       .trading_day = 20240103,
                       .data_epoch = epoch{3},
                       .number = sequence{43},
                       .effective_time = some_time,
                       .last = price{1'248'500'000'000},
                       .bid = price{1'248'400'000'000},
                       .bid_volume = quantity{11},
                       .ask = no_price,
                       .ask_volume = quantity{-1},
                       .has_book = false};
  case 1: return golden_signal();
  case 2: return golden_report();
  case 3: return timer_due{some_time, order_id{255}, timer_purpose::replace_answer, 3};
  case 4: return broker_event{broker_id{1}, broker_news::settled, "ok", 20240103, 17};
  case 5: return golden_books();
  case 6: return slot_recovered{epoch{4}, {broker_id{0}, broker_id{1}}, true};
  case 7:
    return operator_command{"desk@host", "drill", some_time,
                            trading_switch{trading_mode::reducing, true, false}};
  case 8: return clock_mark{};
  default: return slot_configured{golden_configuration()};
  }
}

std::vector<venue_command> golden_commands() {
  order_names names{9, std::string{"sys-1"}, order_split{quantity{1}, quantity{2}, quantity{3}}};
  order_request request{.id = order_id{255},
                        .symbol = symbol_id{7},
                        .strategy = strategy_id{2},
                        .direction = side::sell,
                        .limit = price{1'248'400'000'000},
                        .volume = quantity{6},
                        .lifetime = time_in_force::day,
                        .broker = broker_id{1},
                        .type = order_type::limit,
                        .reference = 9,
                        .parts = order_split{quantity{1}, quantity{2}, quantity{3}}};
  return {request,
          cancel_request{order_id{255}, broker_id{1}, names},
          status_query{order_id{255}, broker_id{1}, names},
          timer_request{{some_time, order_id{255}, timer_purpose::cancel_answer, 1}},
          replace_request{order_id{255}, broker_id{1}, 2, price{5}, quantity{8}, names},
          broker_probe{broker_id{1}},
          snapshot_request{broker_id{1}},
          executions_request{broker_id{1}, some_time}};
}

/// A record of one event; the signal's has a verdict and each kind of command, too.
logged_events golden_events(std::size_t kind) {
  logged_events out;
  out.batch.first_number = 4711;
  auto what = golden_content(kind);
  if (auto* mark = std::get_if<market_mark>(&what)) {
    out.batch.marks = {*mark};
    return out;
  }
  out.batch.others = {{0, {.number = 4711, .time = some_time, .what = what}}};
  if (kind != 1) return out;
  out.decisions.verdicts = {
      {0, {order_id{255}, {verdict::order_value_exceeded, int128{1} << 80, -1, 2}}}};
  for (auto& command : golden_commands())
    out.decisions.commands.push_back({0, command});
  return out;
}

std::vector<operator_action> golden_actions() {
  limits_change change{
      {{.limits = position_limit(5)}, {scope_kind::strategy, "boll", position_limit(4)}}, 99};
  change.limits[0].limits.refuse_self_trade = true;
  change.limits[0].limits.symbols_allowed = {"ru####"};
  change.limits[1].limits.orders_per_day_max = 100;
  return {trading_switch{trading_mode::halted, true, true},
          operator_cancel{order_id{255}},
          operator_replace{order_id{255}, price{5}, quantity{8}},
          change,
          books_acceptance{"ctp"},
          order_settlement{order_id{255}}};
}

constexpr std::array<std::string_view, std::variant_size_v<operator_action>> action_names{
    "trading", "cancel", "replace", "limits", "books", "settle"};

} // namespace

TEST_CASE("a record of the journal with each kind of event is its golden bytes") {
  for (std::size_t kind = 0; kind < event_names.size(); ++kind) {
    CAPTURE(event_names[kind]);
    auto events = golden_events(kind);
    CHECK(golden_content(kind).index() == kind);
    std::string payload, now;
    event_encoder{}.encode(events.batch, events.decisions, payload);
    format_journal_record({.first = 4711, .events = 1, .writer = epoch{4}, .payload = payload},
                          4710, now);
    auto bytes = golden_bytes("journal_" + std::string{event_names[kind]} + ".hex", now);
    parsed_journal_record parsed;
    REQUIRE(parse_journal_record(bytes, parsed) == frame_state::complete);
    CHECK(parsed.synced == 4710);
    CHECK(parsed.record.writer == epoch{4});
    logged_events read;
    auto done = event_decoder{}.decode(parsed.record, read);
    REQUIRE_MESSAGE(done.has_value(), done.error().message);
    CHECK(is_same(read, events));
  }
}

TEST_CASE("the commands of a golden record are of every kind") {
  auto commands = golden_commands();
  REQUIRE(commands.size() == std::variant_size_v<venue_command>);
  for (std::size_t i = 0; i < commands.size(); ++i)
    CHECK(commands[i].index() == i);
}

TEST_CASE("the small files of a journal are their golden bytes") {
  memory_files files;
  REQUIRE(write_journal_state(files, "journal", {17, 4711}).has_value());
  files["old/state"] = golden_bytes("journal_state.txt", files["journal/state"]);
  auto state = read_journal_state(files, "old");
  REQUIRE(state.has_value());
  CHECK(state->released == 17);
  CHECK(state->synced == 4711);

  halt_file halt{{trading_mode::halted, "desk@host", "odd prices"}, 4711};
  REQUIRE(write_halt_file("halt", halt, files).has_value());
  files["old/halt"] = golden_bytes("halt_file.txt", files["halt"]);
  auto read = read_halt_file("old/halt", files);
  REQUIRE(read.has_value());
  CHECK((*read == halt));
}

TEST_CASE("a snapshot is its golden bytes") {
  auto now = make_small_snapshot();
  auto snapshot = slot_snapshot::parse(golden_bytes("snapshot.hex", now));
  REQUIRE(snapshot.has_value());
  CHECK(snapshot->head().build == "one");
  CHECK(snapshot->check_restorable().has_value());
  auto trading = snapshot->make_trading(true);
  REQUIRE(trading.has_value());
  CHECK((*trading)->last_event() == snapshot->head().event);
  CHECK((*trading)->notice().mode == trading_mode::reducing);
}

TEST_CASE("a snapshot of the layout before profits were rows is read") {
  auto snapshot = slot_snapshot::parse(older_golden_bytes("snapshot_layout_1.hex"));
  REQUIRE_MESSAGE(snapshot.has_value(), snapshot.error().message);
  auto now = slot_snapshot::parse(make_small_snapshot());
  auto then_trading = snapshot->make_trading(true);
  auto now_trading = now->make_trading(true);
  REQUIRE_MESSAGE(then_trading.has_value(), then_trading.error().message);
  CHECK((*then_trading)->last_event() == (*now_trading)->last_event());
  CHECK((*then_trading)->positions() == (*now_trading)->positions());
}

TEST_CASE("each request of an operator is its golden bytes") {
  auto actions = golden_actions();
  REQUIRE(actions.size() == action_names.size());
  for (std::size_t i = 0; i < actions.size(); ++i) {
    CAPTURE(action_names[i]);
    REQUIRE(actions[i].index() == i);
    operator_command command{"desk@host", "drill", some_time, actions[i]};
    wire::OperatorRequest now, old;
    write_operator_command(command, *now.mutable_command());
    REQUIRE(old.ParseFromString(golden_bytes("operator_" + std::string{action_names[i]} + ".hex",
                                             now.SerializeAsString())));
    auto read = read_operator_command(old.command());
    REQUIRE(read.has_value());
    CHECK((*read == command));
  }
}

TEST_CASE("the answer to an operator is its golden bytes") {
  limits_in_force limits{
      {{.limits = position_limit(5)}, {scope_kind::symbol, "ru####", position_limit(1)}},
      "main",
      {"boll"}};
  wire::OperatorAnswer now, old;
  now.set_is_done(true);
  now.set_text("done");
  write_limits_in_force(limits, *now.mutable_limits());
  REQUIRE(old.ParseFromString(golden_bytes("operator_answer.hex", now.SerializeAsString())));
  CHECK(old.is_done());
  CHECK(old.text() == "done");
  auto read = read_limits_in_force(old.limits());
  REQUIRE(read.has_value());
  CHECK((*read == limits));
}

} // namespace tickmesh::execution_bytes_test
