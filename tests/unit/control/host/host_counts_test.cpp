// What a host tells of its slots' counts.
#include "actors/control/host/host_counts.hpp"

#include <doctest/doctest.h>

namespace tickmesh::host_counts_test {

namespace {

constexpr slot_name data0{role::data, 0}, exec0{role::exec, 0};

template <class Message>
std::map<std::string, std::uint64_t> counts_in(const Message& message) {
  std::map<std::string, std::uint64_t> out;
  for (auto& entry : message.counts())
    out[entry.name()] = entry.count();
  return out;
}

} // namespace

TEST_CASE("a host's counts are the sums of what its slots last answered") {
  host_counts counts;
  wire::ExecutionTotals totals;
  totals.set_fills(7);
  counts.take(data0, {data0, {{"ticks_in", 3}}, 2, {}});
  counts.take(data0, {data0, {{"ticks_in", 5}}, 4, {}});
  counts.take(exec0, {exec0, {{"ticks_in", 1}, {"orders", 2}}, 8, totals.SerializeAsString()});
  wire::Pong pong;
  counts.write(pong);
  CHECK(counts_in(pong) == std::map<std::string, std::uint64_t>{{"orders", 2}, {"ticks_in", 6}});
  CHECK(pong.queued_ticks() == 12);
  CHECK(pong.execution().fills() == 7);
  counts.forget(exec0);
  wire::Pong later;
  counts.write(later);
  CHECK(counts_in(later) == std::map<std::string, std::uint64_t>{{"ticks_in", 5}});
  CHECK_FALSE(later.has_execution());
}

TEST_CASE("a slot that owes an answer is not asked again") {
  host_counts counts;
  CHECK(counts.begin_query(data0));
  CHECK_FALSE(counts.begin_query(data0));
  CHECK(counts.begin_query(exec0));
  counts.take(data0, {data0, {}, 0, {}}); // to another question
  CHECK_FALSE(counts.begin_query(data0));
  counts.end_query(data0);
  CHECK(counts.begin_query(data0));
  counts.forget(data0);
  CHECK(counts.begin_query(data0)); // its successor
}

TEST_CASE("work began with the first slot and is done with the last") {
  host_counts counts;
  slot_report first, second, empty;
  first.moments = {{started_moment, 20}, {finished_moment, 90}};
  second.moments = {{started_moment, 10}, {finished_moment, 80}};
  counts.finished(data0, first);
  counts.finished(exec0, second);
  counts.finished({role::calc, 0}, empty);
  CHECK(counts.reports().size() == 3);
  wire::Counts out;
  counts.write(out);
  CHECK(out.started_ns() == 10);
  CHECK(out.finished_ns() == 90);
  counts.forget(data0);
  CHECK(counts.reports().size() == 2);
}

} // namespace tickmesh::host_counts_test
