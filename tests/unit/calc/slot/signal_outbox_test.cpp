// How signals are cut into frames, and which mark goes with which.
#include "actors/calc/slot/signal_outbox.hpp"

#include <doctest/doctest.h>

namespace tickmesh::signal_outbox_test {

namespace {

struct sent_frame {
  std::size_t signals = 0;
  timestamp mark{};
  bool final = false;
  friend bool operator==(const sent_frame&, const sent_frame&) = default;
};

std::vector<signal> signals(std::size_t count) {
  return std::vector<signal>(count);
}

/// Sends frames until `limit` are sent.
std::vector<sent_frame> send(signal_outbox& outbox, std::size_t limit = 100) {
  std::vector<sent_frame> out;
  outbox.send([&](std::span<const signal> part, timestamp mark, bool final, bool is_all) {
    CHECK(is_all == (part.size() < 4 || outbox.size() == 4 * (out.size() + 1)));
    out.push_back({part.size(), mark, final});
    return out.size() < limit;
  });
  return out;
}

using frames = std::vector<sent_frame>;

} // namespace

TEST_CASE("there is news when a signal, a later mark or the end has come") {
  signal_outbox outbox{4};
  CHECK_FALSE(outbox.has_news());
  outbox.add(signals(1));
  CHECK(outbox.has_news());
  CHECK(send(outbox) == frames{{1, timestamp{}, false}});
  CHECK_FALSE(outbox.has_news());
  outbox.cover(from_ns(10), false);
  CHECK(outbox.has_news());
  CHECK(send(outbox) == frames{{0, from_ns(10), false}});
  outbox.cover(from_ns(5), false); // older
  CHECK_FALSE(outbox.has_news());
  outbox.cover(from_ns(10), true);
  CHECK(outbox.has_news());
  CHECK(send(outbox) == frames{{0, from_ns(10), true}});
  CHECK_FALSE(outbox.has_news());
}

TEST_CASE("a mark goes with the last of the signals that it covers, and so does the end") {
  signal_outbox outbox{4};
  outbox.cover(from_ns(10), false);
  send(outbox);
  outbox.add(signals(5));
  outbox.add(signals(4));
  outbox.cover(from_ns(20), true);
  CHECK(outbox.size() == 9);
  CHECK_FALSE(outbox.has_ended());
  CHECK(send(outbox) ==
        frames{{4, from_ns(10), false}, {4, from_ns(10), false}, {1, from_ns(20), true}});
  CHECK(outbox.size() == 0);
  CHECK(outbox.has_ended());
}

TEST_CASE("a frame that is just full is one") {
  signal_outbox outbox{4};
  outbox.add(signals(4));
  CHECK(send(outbox).size() == 1);
  outbox.add(signals(8));
  CHECK(send(outbox).size() == 2);
}

TEST_CASE("the end is sent once") {
  signal_outbox outbox{4};
  outbox.cover(from_ns(10), true);
  CHECK(send(outbox) == frames{{0, from_ns(10), true}});
  outbox.add(signals(1));
  CHECK(send(outbox) == frames{{1, from_ns(10), false}});
  CHECK(outbox.has_ended());
}

TEST_CASE("signals bear the time at which they leave") {
  signal_outbox outbox{4};
  outbox.add(signals(2));
  outbox.stamp(77);
  outbox.send([](std::span<const signal> stamped, timestamp, bool, bool) {
    CHECK(stamped.size() == 2);
    for (auto& s : stamped)
      CHECK(s.sent_ns == 77);
    return true;
  });
}

TEST_CASE(
    "what execution is done with is forgotten by pieces, in the order in which they were added") {
  signal_outbox outbox{4};
  outbox.add(signals(2));
  outbox.close_piece({true, 0, 5, {}});
  outbox.close_piece({true, 1, 7, {}}); // without signals
  outbox.add(signals(3));
  outbox.close_piece({false, 0, 0, from_ns(10)});
  outbox.add(signals(1));
  outbox.close_piece({true, 0, 6, {}});
  CHECK(outbox.position() == calc_position{{6, 7}, from_ns(10)});
  outbox.forget({{4, 9}, from_ns(9)});
  CHECK(outbox.size() == 6);
  outbox.forget({{5, 0}, from_ns(9)});
  CHECK(outbox.size() == 4);
  outbox.forget({{6, 7}, from_ns(9)}); // the advance stands before
  CHECK(outbox.size() == 4);
  outbox.forget({{5, 7}, from_ns(10)});
  CHECK(outbox.size() == 1);
  outbox.forget({{6}, from_ns(10)});
  CHECK(outbox.size() == 0);
  outbox.add(signals(1));
  outbox.close_piece({true, 0, 7, {}});
  CHECK(send(outbox) == frames{{1, timestamp{}, false}});
  outbox.forget({{9}, end_of_time});
  CHECK(outbox.size() == 0);
  outbox.add(signals(2)); // comes late
  outbox.close_piece({true, 0, 9, {}});
  CHECK(outbox.size() == 0);
  outbox.add(signals(2));
  outbox.close_piece({true, 0, 10, {}});
  CHECK(outbox.size() == 2);
}

TEST_CASE("what could not be sent whole is not counted as sent") {
  signal_outbox outbox{4};
  outbox.add(signals(9));
  outbox.cover(from_ns(10), true);
  CHECK(send(outbox, 1).size() == 1);
  CHECK(outbox.size() == 9);
  CHECK_FALSE(outbox.has_ended());
}

} // namespace tickmesh::signal_outbox_test
