// The order state machine against a matrix written down independently of its table.
#include "actors/execution/orders/order_state_machine.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace tickmesh::order_state_machine_test {

namespace {

using ev = order_event;

struct matrix_row {
  std::vector<ev> path; ///< leads a new order to the row's status and progress
  char status;
  /// One letter an event, in the order of order_event; `.` is illegal.
  std::string expected;
};

// n PendingNew, N New, P PartiallyFilled, F Filled, c PendingCancel, r PendingReplace, C Canceled,
// R Rejected, X Expired, D InDoubt
constexpr std::string_view letters = "nNPFcrCRXD";

const std::vector<matrix_row> matrix{
    // events: ack part fill creq canc crej rreq repl rej exp tmo res dbt
    {{}, 'n', "NPFcC...RXD.D"},
    {{ev::acknowledged}, 'N', ".PFcCNrNRX..D"},
    {{ev::acknowledged, ev::partial_fill}, 'P', ".PFcCPrPRX..D"},
    {{ev::cancel_requested}, 'c', "ccF.Cn..RXD.D"},
    {{ev::acknowledged, ev::cancel_requested}, 'c', ".cF.CN.cRXD.D"},
    {{ev::cancel_requested, ev::acknowledged}, 'c', ".cF.CN.cRXD.D"},
    {{ev::acknowledged, ev::partial_fill, ev::cancel_requested}, 'c', ".cF.CP.cRXD.D"},
    {{ev::acknowledged, ev::replace_requested}, 'r', ".rFcCN.NRXD.D"},
    {{ev::acknowledged, ev::partial_fill, ev::replace_requested}, 'r', ".rFcCP.PRXD.D"},
    {{ev::report_timeout}, 'D', "NPFDCD.NRXDN."},
    {{ev::acknowledged, ev::cancel_requested, ev::report_timeout}, 'D', ".PFDCN.NRXDN."},
    {{ev::partial_fill, ev::cancel_requested, ev::report_timeout}, 'D', ".PFDCP.PRXDP."},
    {{ev::fill}, 'F', ".FF..F......D"},
    {{ev::canceled}, 'C', ".CF..C......D"},
    {{ev::partial_fill, ev::canceled}, 'C', ".CF..C......D"},
    {{ev::rejected}, 'R', ".RF..R......D"},
    {{ev::expired}, 'X', ".XF..X......D"},
};

char letter_of(order_status s) {
  return letters[static_cast<std::size_t>(s)];
}

order_state_machine machine_after(const std::vector<ev>& path) {
  order_state_machine m;
  for (auto e : path)
    REQUIRE(m.apply(e) == transition_outcome::applied);
  return m;
}

} // namespace

TEST_CASE("every legal transition is applied and every illegal one is refused") {
  for (auto& row : matrix) {
    REQUIRE(row.expected.size() == order_event_names.size());
    for (std::size_t i = 0; i < order_event_names.size(); ++i) {
      auto m = machine_after(row.path);
      CAPTURE(row.status);
      CAPTURE(order_event_names[i]);
      REQUIRE(letter_of(m.status()) == row.status);
      auto progress = m.progress();
      auto outcome = m.apply(static_cast<ev>(i));
      if (row.expected[i] == '.') {
        CHECK(outcome == transition_outcome::refused);
        CHECK(letter_of(m.status()) == row.status);
        CHECK(m.progress() == progress);
      } else {
        CHECK(outcome != transition_outcome::refused);
        CHECK(letter_of(m.status()) == row.expected[i]);
      }
    }
  }
}

TEST_CASE("the matrix visits every status and uses every transition of the table") {
  std::set<char> statuses;
  for (auto& row : matrix)
    statuses.insert(row.status);
  CHECK(statuses.size() == order_status_names.size());
  std::size_t unused = 0;
  for (auto& t : order_transitions()) {
    bool used = false;
    for (auto& row : matrix) {
      auto m = machine_after(row.path);
      bool meets =
          t.from == m.status() && (t.when == order_progress::any || t.when == m.progress());
      used |= meets && row.expected[static_cast<std::size_t>(t.event)] == letter_of(t.to);
    }
    CHECK_MESSAGE(used, to_string(t.from), " ", to_string(t.event));
    unused += used ? 0 : 1;
  }
  CHECK(unused == 0);
}

TEST_CASE("no two transitions of the table contradict each other") {
  std::set<std::tuple<order_status, order_event, order_progress>> seen;
  for (auto& t : order_transitions()) {
    CHECK(!t.why.empty());
    CHECK(seen.insert({t.from, t.event, t.when}).second);
    if (t.when != order_progress::any)
      CHECK(!seen.contains({t.from, t.event, order_progress::any}));
  }
}

TEST_CASE("a fill after the end is applied and reported as an anomaly") {
  for (auto end : {ev::canceled, ev::rejected, ev::expired}) {
    auto m = machine_after({end});
    auto status = m.status();
    CHECK(m.apply(ev::partial_fill) == transition_outcome::anomaly);
    CHECK(m.status() == status);
    CHECK(m.apply(ev::fill) == transition_outcome::anomaly);
    CHECK(m.status() == order_status::filled);
  }
  CHECK(machine_after({ev::fill}).apply(ev::fill) == transition_outcome::anomaly);
  CHECK(machine_after({ev::cancel_requested}).apply(ev::fill) == transition_outcome::applied);
}

TEST_CASE("only a fill of what has ended is an anomaly") {
  for (auto& row : matrix)
    for (std::size_t i = 0; i < order_event_names.size(); ++i) {
      auto m = machine_after(row.path);
      CAPTURE(row.status);
      CAPTURE(order_event_names[i]);
      auto event = static_cast<ev>(i);
      bool is_late = is_terminal(m.status()) && (event == ev::partial_fill || event == ev::fill);
      CHECK((m.apply(event) == transition_outcome::anomaly) == is_late);
    }
}

TEST_CASE("a fill is legal in every status, since it happened") {
  for (auto& row : matrix) {
    CHECK(machine_after(row.path).apply(ev::fill) != transition_outcome::refused);
    CHECK(machine_after(row.path).apply(ev::partial_fill) != transition_outcome::refused);
  }
}

} // namespace tickmesh::order_state_machine_test
