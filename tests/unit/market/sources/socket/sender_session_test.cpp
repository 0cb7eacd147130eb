// What a connection to a live source is told: greeting, acknowledgements by day, and refusals.
#include "actors/market/sources/socket/sender_session.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tickmesh::sender_session_test {

namespace {

constexpr std::int32_t monday = 20240108, tuesday = 20240109;
constexpr std::int32_t today = 20240110;
constexpr std::string_view header =
    "position,timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume\n";

source_position at(std::int32_t day, std::uint64_t number) {
  return to_source_position({day, number});
}

/// A sender and the source's end of its connection.
struct talk {
  explicit talk(const resume_place& from, const std::string& demanded = {})
      : session(socket_settings{}, from), logged(from.after), token(demanded) {}

  /// Says lines; the fault, or an empty text.
  std::string say(std::string_view lines, std::int32_t trading_day = monday) {
    session.receive(lines);
    for (;;) {
      sender_item item;
      auto said = session.next(item);
      if (!said) return said.error().message;
      if (!*said) return {};
      if (!begun)
        if (auto good = session.begin(item, token, logged); !good) return good.error().message;
      begun = true;
      auto placed = session.place(item, trading_day, today);
      if (!placed) return placed.error().message;
      last = to_live_position(*placed);
    }
  }
  std::string say_rows(std::uint64_t first, std::uint64_t end, std::int32_t trading_day) {
    std::string lines;
    for (auto n = first; n < end; ++n)
      lines += std::to_string(n) + ",1704700000000000000,S1,snapshot,5,1,4,1,6,1\n";
    return say(lines, trading_day);
  }

  std::string heard() { return std::exchange(session.replies(), {}); }
  std::string hear_acknowledged(source_position all) {
    session.acknowledge(all);
    return heard();
  }

  sender_session session;
  source_position logged;
  std::string token;
  bool begun = false;
  live_position last{};
};

} // namespace

TEST_CASE("a sender is greeted with the day and the number, and with 0 when it has ended the day") {
  CHECK(talk{{}}.heard() == "hello,1,0,0\n");
  CHECK(talk{{at(monday, 13), false}}.heard() == "hello,1,13,20240108\n");
  CHECK(talk{{at(monday, 13), true}}.heard() == "hello,1,0,20240108\n");
}

TEST_CASE("acknowledgements are of what the sender itself has sent or was greeted with") {
  talk goes_on{{at(monday, 13), false}};
  goes_on.heard();
  CHECK(goes_on.hear_acknowledged(at(monday, 13)) == ""); // its day is not known yet
  goes_on.say(header);
  goes_on.say_rows(14, 16, monday);
  CHECK(goes_on.hear_acknowledged(at(monday, 13)) == "ack,13\n");
  CHECK(goes_on.hear_acknowledged(at(monday, 99)) == "ack,15\n");
  CHECK(goes_on.hear_acknowledged(at(monday, 99)) == "");

  talk has_nothing{{at(monday, 13), false}};
  has_nothing.heard();
  has_nothing.say(header);
  has_nothing.say("end\n");
  CHECK(has_nothing.hear_acknowledged(at(monday, 12)) == "ack,12\n");
  CHECK(has_nothing.hear_acknowledged(at(monday, 13)) == "ack,13\n");

  talk sends_again{{at(monday, 13), true}};
  sends_again.heard();
  sends_again.say(header);
  sends_again.say_rows(2, 6, monday);
  CHECK(sends_again.hear_acknowledged(at(monday, 13)) == "ack,5\n");
  sends_again.say_rows(6, 14, monday);
  CHECK(sends_again.hear_acknowledged(at(monday, 13)) == "ack,13\n");
}

TEST_CASE("no acknowledgement of an earlier day reaches the sender of the next one") {
  for (bool ended : {false, true})
    for (bool declared : {false, true}) {
      CAPTURE(ended);
      CAPTURE(declared);
      talk next_day{{at(monday, 13), ended}};
      next_day.heard();
      if (declared) CHECK(next_day.say("day,20240109\n") == "");
      CHECK(next_day.say(header) == "");
      CHECK(next_day.hear_acknowledged(at(monday, 13)) == "");
      CHECK(next_day.say_rows(2, 5, tuesday) == "");
      CHECK(next_day.last == live_position{tuesday, 4});
      CHECK(next_day.hear_acknowledged(at(monday, 13)) == "");
      CHECK(next_day.hear_acknowledged(at(tuesday, 3)) ==
            (declared ? "day,20240109\nack,3\n" : "ack,3\n"));
      CHECK(next_day.hear_acknowledged(at(tuesday, 4)) == "ack,4\n");
    }
}

TEST_CASE("behind a new day on one connection, the old day's numbers are acknowledged before it") {
  talk sender{{at(monday, 13), false}};
  sender.heard();
  sender.say("day,20240108\n");
  sender.say(header);
  sender.say_rows(14, 20, monday);
  CHECK(sender.hear_acknowledged(at(monday, 15)) == "ack,15\n");
  CHECK(sender.say("day,20240109\n") == "");
  CHECK(sender.say_rows(1, 3, tuesday) == "");
  CHECK(sender.hear_acknowledged(at(monday, 19)) == "ack,19\n");
  CHECK(sender.hear_acknowledged(at(tuesday, 1)) == "day,20240109\nack,1\n");
}

TEST_CASE("a day before the logged one and one far ahead are refused in words") {
  CHECK(talk{{at(tuesday, 3), false}}.say("day,20240108\n").find("is before 20240109") !=
        std::string::npos);
  CHECK(talk{{}}.say("day,20991231\n") == "day 20991231 is more than 15 days ahead of 20240110, "
                                          "the date of this host");
}

TEST_CASE("where a token is demanded, nothing but a login that brings it is taken") {
  const std::string token = "s3cret,with-comma";
  for (auto* first : {"login,desk,s3cret\n", "login,desk\n", "login,desk,\n",
                      "login,desk,s3cret,with-comma-\n", "login,desk,S3cret,with-comma\n"}) {
    CAPTURE(first);
    talk sender{{}, token};
    CHECK(sender.say(first) == "the login does not bring the token of source.socket.token_file");
  }
  talk without{{}, token};
  CHECK(without.say(std::string{header} + "ping\n") ==
        "login,NAME,TOKEN comes first: source.socket.token_file is set");
  talk good{{}, token};
  CHECK(good.say("login,desk,s3cret,with-comma\n") == "");
  CHECK(good.session.name() == "desk");
  CHECK(good.say(header) == "");
  CHECK(good.say_rows(1, 3, monday) == "");
}

TEST_CASE("a sender has no name, or one of printable characters, which faults quote") {
  talk anonymous{{}};
  CHECK(anonymous.say(std::string{header} + "ping\n") == "");
  CHECK(anonymous.session.name() == "");
  CHECK(talk{{}}.say("login,\xff\xfe\n") == "login: \"\\xff\\xfe\" is not a name of 1 to 64 "
                                            "characters without blanks and commas");
  CHECK(talk{{}}.say("login,\n").find("is not a name") != std::string::npos);
  CHECK(talk{{}}.say("login," + std::string(65, 'a') + "\n").find("is not a name") !=
        std::string::npos);
}

TEST_CASE("tokens are the same only as a whole") {
  CHECK(is_same_token("abc", "abc"));
  for (auto* other : {"", "a", "ab", "abcabc", "abd", "xbc", "abcd"})
    CHECK_FALSE(is_same_token("abc", other));
}

} // namespace tickmesh::sender_session_test
