// Orders that operators make, replace and cancel: their stories, as documents and lines.
#include "apps/reports/order_document.hpp"
#include "tests/support/story_desk.hpp"

namespace tickmesh::operator_story_test {

using namespace risk_desk;

namespace {

using json = nlohmann::ordered_json;

constexpr trading_switch cancel_all{.mode = trading_mode::halted, .cancel_all = true};
constexpr trading_switch flatten{.mode = trading_mode::halted, .cancel_all = true, .flatten = true};

json document_of(const story_desk::told& told) {
  return describe_order(told.story, {.journal = "here",
                                     .events = told.trading->last_event(),
                                     .account = "main",
                                     .brokers = {"ctp", "ib"},
                                     .universe = told.trading->universe(),
                                     .factors = fail("no ticks")});
}

/// The steps of one kind, in their order.
std::vector<json> steps_of(const json& document, std::string_view kind) {
  std::vector<json> out;
  for (auto& step : document.at("steps"))
    if (step.at("step") == kind) out.push_back(step);
  return out;
}

std::vector<std::string> kinds_of(const json& document) {
  std::vector<std::string> out;
  for (auto& step : document.at("steps"))
    out.push_back(step.at("step"));
  return out;
}

/// Holds `volume` lots of ru1901, by strategy b.
void buy(story_desk& d, std::int64_t volume) {
  d.mark(ms(0), 99);
  d.signal_to_buy(ms(1), volume);
  REQUIRE_FALSE(d.sent.empty());
  d.report(ms(2), d.sent.back().id, report_kind::fill, order_status::filled, volume, volume);
}

/// An order of strategy b that is open at its broker.
order_id open_order(story_desk& d, std::int64_t volume, timestamp t = ms(1)) {
  d.signal_to_buy(t, volume);
  REQUIRE_FALSE(d.sent.empty());
  d.report(t, d.sent.back().id, report_kind::accepted, order_status::accepted);
  return d.sent.back().id;
}

} // namespace

TEST_CASE("the story of an order that flattens begins with the command") {
  auto settings = open_settings();
  settings.limits.daily_loss_max = cash(1); // does not hold back an order that flattens
  settings.limits.order_size_max = lots(9);
  story_desk d{settings};
  buy(d, 4);
  d.mark(ms(3), 90);
  d.command(ms(4), flatten, "the market is odd");
  REQUIRE(d.sent.size() == 2);
  auto id = d.sent.back().id;
  d.report(ms(5), id, report_kind::fill, order_status::filled, 4, 4);
  auto told = d.tell(id);
  CHECK(told.story.trigger() == nullptr);
  auto document = document_of(told);
  CHECK(kinds_of(document) ==
        std::vector<std::string>{"command", "verdict", "routing", "sent", "fill", "position"});
  auto& command = document.at("steps").at(0);
  CHECK(command.at("who") == "me@desk");
  CHECK(command.at("asked") == format_timestamp(ms(4) + std::chrono::hours{1}));
  CHECK(command.at("reason") == "the market is odd");
  CHECK(command.at("action") == "halt, cancel all open orders, flatten all positions");
  CHECK(command.at("done") == true);
  CHECK(command.at("status_before").is_null());
  auto& verdict = document.at("steps").at(1);
  CHECK(verdict.at("verdict") == "APPROVED");
  CHECK(verdict.at("form").at("side") == "SELL");
  CHECK(verdict.at("form").at("volume") == "4");
  CHECK(verdict.at("form").at("price") == "90");
  // The rules saw the halt, and let the order pass.
  std::size_t passed = 0;
  for (auto& check : verdict.at("checks")) {
    passed += check.at("passed") == true;
    if (check.at("rule") == "DAILY_LOSS_LIMIT") CHECK(check.at("usage") != check.at("limit"));
  }
  CHECK(passed == verdict.at("checks").size());
  CHECK(passed >= 4);
  CHECK(document.at("origin") == "operator");
  CHECK(document.at("status") == "Filled");
  CHECK(document.at("position").at("held") == "0");
  auto text = format_order(document);
  CHECK(text.find("SELL 4 ru1901 at 90 by an operator for b: Filled") != std::string::npos);
  CHECK(text.find("by me@desk: the market is odd; makes the order, PendingNew\n") !=
        std::string::npos);
  CHECK(text.find("asked 1970-01-01T01:00:00.004000000Z; HALTED; 0 orders") != std::string::npos);
}

TEST_CASE("an order that the halt's timer makes names the command behind it") {
  auto settings = open_settings();
  settings.limits.order_size_max = lots(4);
  story_desk d{settings};
  buy(d, 4);
  d.signal_to_buy(ms(2), 3);
  auto other = d.sent.back().id;
  d.command(ms(3), flatten); // waits for the open order
  REQUIRE(d.sent.size() == 2);
  d.command(ms(4), trading_switch{.mode = trading_mode::active},
            ""); // is refused, and changes nothing
  CHECK_FALSE(d.outcome.is_done);
  d.report(ms(5), other, report_kind::canceled, order_status::canceled);
  d.go_off(timer_purpose::halt_work);
  REQUIRE(d.sent.size() == 3);
  auto document = document_of(d.tell(d.sent.back().id));
  CHECK(kinds_of(document) ==
        std::vector<std::string>{"command", "timer", "verdict", "routing", "sent"});
  auto& command = document.at("steps").at(0);
  CHECK(command.at("reason") == "drill");
  CHECK(command.at("time") == format_timestamp(ms(3)));
  auto& timer = document.at("steps").at(1);
  CHECK(timer.at("purpose") == "halt_work");
  CHECK(timer.at("halt").at("event") == command.at("event"));
  CHECK(timer.at("halt").at("who") == "me@desk");
  CHECK(timer.at("delay_ns") == 1'000'000'000);
  CHECK(timer.at("acts") == true);
  auto canceled = document_of(d.tell(other));
  auto commands = steps_of(canceled, "command");
  REQUIRE(commands.size() == 1); // not the one that was refused
  CHECK(commands[0].at("status_before") == "PendingNew");
  CHECK(commands[0].at("status_after") == "PendingCancel");
  CHECK(steps_of(canceled, "sent").back().at("what") == "cancel");
}

TEST_CASE("a flatten order that is refused has the rule, and no routing") {
  auto settings = open_settings();
  settings.limits.symbols_restricted = {"ru####"};
  story_desk d{open_settings()};
  buy(d, 4);
  d.command(ms(3), limits_change{settings.all_limits()});
  d.command(ms(4), flatten);
  CHECK(d.sent.size() == 1);
  auto refused = d.state.verdicts().at(0).order;
  auto document = document_of(d.tell(refused));
  CHECK(kinds_of(document) == std::vector<std::string>{"command", "verdict"});
  CHECK(document.at("verdict") == "SYMBOL_RESTRICTED");
  CHECK(document.at("status") == "Rejected");
  CHECK(document.at("volume") == "4");
  auto& check = document.at("steps").at(1).at("checks").at(0);
  CHECK(check.at("rule") == "SYMBOL_RESTRICTED");
  CHECK(check.at("passed") == false);
  CHECK(format_order(document).find("by an operator for b: Rejected") != std::string::npos);
}

TEST_CASE("a replaced order shows who asked, the verdict on the new form, and the answer") {
  auto settings = open_settings();
  settings.limits.position_max = lots(10);
  story_desk d{settings};
  auto id = open_order(d, 6);
  d.report(ms(3), id, report_kind::fill, order_status::partially_filled, 1, 1);
  d.command(ms(4), operator_replace{id, at(102), lots(11)}, "too much");
  d.command(ms(5), operator_replace{id, at(102), lots(8)}, "more");
  d.report(ms(6), id, report_kind::replaced, order_status::partially_filled, 0, 1);
  d.report(ms(7), id, report_kind::fill, order_status::filled, 7, 8);
  d.command(ms(8), operator_replace{id, at(103), lots(9)}, "late");
  auto document = document_of(d.tell(id));
  CHECK(document.at("origin") == "signal");
  CHECK(document.at("volume") == "8");
  CHECK(document.at("price") == "102");
  auto commands = steps_of(document, "command");
  REQUIRE(commands.size() == 3);
  CHECK(commands[0].at("action") == "replace order " + format_order_id(id) + ": 11 at 102");
  CHECK(commands[0].at("done") == false);
  CHECK(commands[0].at("reason") == "too much");
  CHECK(commands[0].at("status_after") == "PartiallyFilled");
  CHECK(commands[1].at("done") == true);
  CHECK(commands[1].at("status_after") == "PendingReplace");
  CHECK(commands[2].at("outcome").get<std::string>().find("is Filled") != std::string::npos);
  auto verdicts = steps_of(document, "verdict");
  REQUIRE(verdicts.size() == 3); // that of the signal, too; the last command was not judged
  CHECK(verdicts[0].at("form").is_null());
  CHECK(verdicts[1].at("verdict") == "POSITION_LIMIT_EXCEEDED");
  CHECK(verdicts[1].at("usage") == "11");
  CHECK(verdicts[1].at("limit") == "10");
  CHECK(verdicts[1].at("scope") == "global");
  CHECK(verdicts[1].at("form").at("volume") == "11");
  CHECK(verdicts[1].at("checks").at(0).at("usage") == "11");
  CHECK(verdicts[2].at("verdict") == "APPROVED");
  CHECK(verdicts[2].at("form").at("price") == "102");
  auto sent = steps_of(document, "sent");
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].at("what") == "replace");
  CHECK(sent[1].at("volume") == "8");
  CHECK(sent[1].at("event") == commands[1].at("event"));
  auto reports = steps_of(document, "report");
  CHECK(reports.back().at("kind") == "replaced");
  CHECK(reports.back().at("status_before") == "PendingReplace");
  auto fills = steps_of(document, "fill");
  CHECK(fills.at(0).at("order_volume") == "6"); // as it was then
  CHECK(fills.at(1).at("order_volume") == "8");
  auto text = format_order(document);
  CHECK(text.find("BUY 11 at 102: POSITION_LIMIT_EXCEEDED: 11 of 10, global") != std::string::npos);
  CHECK(text.find("REFUSED: order " + format_order_id(id)) != std::string::npos);
}

TEST_CASE("a replace that the broker refuses leaves the form, and says why") {
  story_desk d{open_settings()};
  auto id = open_order(d, 6);
  d.command(ms(3), operator_replace{id, at(102), lots(8)});
  d.report(ms(4), id, report_kind::cancel_rejected, order_status::accepted, 0, 0, "too late");
  auto document = document_of(d.tell(id));
  CHECK(document.at("volume") == "6");
  auto report = steps_of(document, "report").back();
  CHECK(report.at("kind") == "cancel_rejected");
  CHECK(report.at("text") == "too late");
  CHECK(report.at("status_after") == "New");
}

TEST_CASE("an operator's cancel is part of the order's story, another order's is not") {
  story_desk d{open_settings()};
  auto other = open_order(d, 1);
  auto id = open_order(d, 2, ms(2));
  d.command(ms(3), operator_cancel{id}, "by mistake");
  d.report(ms(4), id, report_kind::canceled, order_status::canceled);
  auto document = document_of(d.tell(id));
  auto commands = steps_of(document, "command");
  REQUIRE(commands.size() == 1);
  CHECK(commands[0].at("action") == "cancel order " + format_order_id(id));
  CHECK(commands[0].at("reason") == "by mistake");
  CHECK(document.at("status") == "Canceled");
  CHECK(steps_of(document_of(d.tell(other)), "command").empty());
}

TEST_CASE("a cancel that follows from a halt when a doubt ends names the halt") {
  story_desk d{open_settings()};
  d.signal_to_buy(ms(1), 2);
  auto id = d.sent.back().id;
  d.go_off(timer_purpose::order_answer);
  d.command(ms(1'100), cancel_all, "stop");
  d.report(ms(1'150), id, report_kind::cancel_rejected, order_status::rejected); // overtook it
  d.report(ms(1'200), id, report_kind::status, order_status::accepted);
  auto document = document_of(d.tell(id));
  REQUIRE(steps_of(document, "command").size() == 1);
  auto report = steps_of(document, "report").back();
  CHECK(report.at("halt").at("reason") == "stop");
  CHECK(steps_of(document, "sent").back().at("what") == "cancel");
  CHECK(format_order(document).find("by me@desk: stop") != std::string::npos);
}

} // namespace tickmesh::operator_story_test
