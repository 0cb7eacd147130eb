// Who may send to a socket source, and where: several connections, tokens, positions that jump, and
// the days of senders that number anew.
#include "tests/support/live_slot.hpp"
#include "tests/support/source_tree.hpp"

namespace tickmesh::socket_senders_test {

namespace {

using std::chrono::milliseconds;

constexpr std::int32_t first_day = 20231114, second_day = 20231115;

/// A record of a trading day.
std::string day_row(std::uint64_t position, std::int32_t day) {
  auto time = 1'700'000'000'000'000'000 + (day - first_day) * 86'400'000'000'000LL;
  return fmt::format("{},{},S1,snapshot,5,1,4,1,6,1\n", position,
                     time + static_cast<std::int64_t>(position) * 1'000'000);
}
std::string day_rows(std::uint64_t first, std::uint64_t last, std::int32_t day) {
  std::string out;
  for (auto position = first; position <= last; ++position)
    out += day_row(position, day);
  return out;
}

source_position at(std::int32_t day, std::uint64_t number) {
  return to_source_position({day, number});
}

std::string greeting(std::uint64_t position, std::int32_t day = first_day) {
  return fmt::format("hello,1,{},{}", position, day);
}

} // namespace

TEST_CASE("the newer connection of a sender is served from its first message on, not before") {
  auto source = load(tcp_settings());
  reader slot{*source};
  socket_client first{source->listens_on()};
  first.line();
  first.send(std::string{header} + row(1));
  REQUIRE(slot.read_to(1));
  CHECK(first.last_ack(1));
  socket_client silent{source->listens_on()};
  CHECK(silent.line() == greeting(1));
  silent.send(header); // says nothing yet
  socket_client stranger{source->listens_on()};
  stranger.line();
  stranger.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(stranger.line().starts_with("closing,"));
  first.send(row(2));
  REQUIRE(slot.read_to(2));
  CHECK(first.last_ack(2));
  socket_client second{source->listens_on()};
  CHECK(second.line() == greeting(2));
  second.send(std::string{header} + row(3));
  REQUIRE(slot.read_to(3));
  CHECK(first.line() == "closing,a newer connection of the same sender has taken its place");
  CHECK(first.is_closed());
  CHECK(second.last_ack(3));
  CHECK(source->counts().replaced == 1);
  CHECK(slot.cursor->counts().at("replaced") == 1);
  CHECK(in_sequence(slot.ticks, 1));
}

TEST_CASE("a sender of another name is refused while one is served, and served behind it") {
  auto source = load(tcp_settings());
  reader slot{*source};
  {
    socket_client first{source->listens_on()};
    first.line();
    first.send("login,desk\n" + std::string{header} + row(1));
    REQUIRE(slot.read_to(1));
    for (auto* words : {"login,other\n", ""}) {
      socket_client other{source->listens_on()};
      other.line();
      other.send(words + std::string{header} + row(2));
      CHECK(other.line() == "closing,sender \"desk\" is served; one of another name is not");
    }
    first.send(row(2));
    REQUIRE(slot.read_to(2));
  }
  CHECK(source->counts().refused == 2);
  CHECK(wait_until(patience, [&] {
    socket_client other{source->listens_on()};
    other.line();
    other.send("login,other\n" + std::string{header} + row(3) + row(4));
    return !other.line().starts_with("closing,sender");
  }));
  REQUIRE(slot.read_to(4));
  CHECK(in_sequence(slot.ticks, 1));
}

TEST_CASE("nothing is taken without the token, from however many connections") {
  scratch_directory scratch;
  auto settings = tcp_settings();
  settings.socket.token_file = scratch.write("token", "s3cret\n");
  auto source = load(settings);
  reader slot{*source};
  socket_client good{source->listens_on()};
  good.line();
  good.send("login,desk,s3cret\n" + std::string{header} + row(1));
  REQUIRE(slot.read_to(1));
  for (std::string words : {std::string{header} + row(2), "gap,2,1000\n" + std::string{header},
                            std::string{"login,desk\n"}, std::string{"login,desk,S3cret\n"},
                            std::string{"day,20231201\n"}}) {
    CAPTURE(words);
    socket_client stranger{source->listens_on()};
    CHECK(stranger.line() == greeting(1));
    stranger.send(words);
    CHECK(stranger.line().starts_with("closing,"));
  }
  good.send(row(2));
  REQUIRE(slot.read_to(2));
  CHECK(in_sequence(slot.ticks, 1));
  CHECK(good.last_ack(2));
}

TEST_CASE("a position that jumps closes the connection in words, and moves nothing") {
  auto source = load(tcp_settings());
  reader slot{*source};
  for (std::string words : {row(1'000), std::string{"gap,500,1000\n"}, row(3)}) {
    CAPTURE(words);
    socket_client stranger{source->listens_on()};
    CHECK(stranger.line() == "hello,1,0,0");
    stranger.send(std::string{header} + words);
    CHECK(stranger.line().find(" (or 2, behind a header) is expected; where those before it are "
                               "lost for good, say gap,1,") != std::string::npos);
  }
  socket_client sender{source->listens_on()};
  CHECK(sender.line() == "hello,1,0,0");
  sender.send(std::string{header} + rows(1, 3));
  REQUIRE(slot.read_to(3));
  CHECK(sender.last_ack(3));
  sender.send(row(5));
  CHECK(sender.line() == "closing,position 5 does not follow on: 4 is expected; where those before "
                         "it are lost for good, say gap,4,4 first");
  socket_client again{source->listens_on()};
  CHECK(again.line() == greeting(3));
  again.send(std::string{header} + "gap,4,4\n" + row(5));
  REQUIRE(slot.read_to(4));
  CHECK(again.last_ack(5));
  CHECK(source->counts().lost_positions == 1);
}

TEST_CASE("silent connections hold a bounded number of places, and the oldest makes room") {
  auto settings = tcp_settings();
  settings.socket.waiting_max = 3;
  auto source = load(settings);
  reader slot{*source};
  std::vector<socket_client> silent;
  for (int i = 0; i < 6; ++i) {
    CHECK(silent.emplace_back(source->listens_on()).line() == "hello,1,0,0");
  }
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(silent[i].line() ==
          "closing,nothing was said, and source.socket.waiting_max = 3 others wait");
    CHECK(silent[i].is_closed());
  }
  socket_client sender{source->listens_on()};
  CHECK(sender.line() == "hello,1,0,0");
  sender.send(std::string{header} + rows(1, 50));
  CHECK(slot.read_to(50));
  CHECK(sender.last_ack(50));
}

TEST_CASE("each day's numbers begin again, told of or seen by the trading day, and none is lost") {
  for (bool told : {true, false}) {
    CAPTURE(told);
    auto source = load(tcp_settings());
    reader slot{*source};
    auto day_line = [told](std::int32_t day) {
      return (told ? fmt::format("day,{}\n", day) : std::string{}) + std::string{header};
    };
    socket_client monday{source->listens_on()};
    monday.line();
    monday.send(day_line(first_day) + day_rows(1, 12, first_day));
    REQUIRE(slot.read_to(12));
    CHECK(monday.last_ack(12));
    socket_client tuesday{source->listens_on()};
    CHECK(tuesday.line() == greeting(12));
    tuesday.send(day_line(second_day) + day_rows(1, 8, second_day));
    REQUIRE(slot.read_to(20));
    if (told) CHECK(tuesday.line() == "day,20231115");
    CHECK(tuesday.last_ack(8));
    CHECK(slot.cursor->position() == at(second_day, 8));
    socket_client again{source->listens_on()};
    CHECK(again.line() == greeting(8, second_day));
    again.send(day_line(second_day) + day_rows(1, 10, second_day));
    REQUIRE(slot.read_to(22));
    CHECK(source->counts().repeated == 8);
    CHECK(slot.ticks.back().position == source_position{10}); // the sender's number
  }
}

TEST_CASE("behind an ended day a sender is asked for the next one, and repeats of it are known") {
  auto source = load(tcp_settings());
  reader slot{*source, at(first_day, 12), end_of_time};
  socket_client sender{source->listens_on()};
  CHECK(sender.line() == greeting(0));
  sender.send(std::string{header} + day_rows(1, 12, first_day));
  CHECK(sender.last_ack(12));
  CHECK(source->counts().repeated == 12);
  socket_client next{source->listens_on()};
  CHECK(next.line() == greeting(0));
  next.send(std::string{header} + day_rows(2, 5, second_day) + "end\n");
  REQUIRE(slot.read_to_end());
  CHECK(slot.ticks.size() == 4);
  CHECK(next.last_ack(5));
}

TEST_CASE("a sender that is told that its day is closed learns which one is open") {
  auto source = load(tcp_settings());
  reader slot{*source, at(second_day, 3), timestamp{}};
  socket_client sender{source->listens_on()};
  sender.line();
  sender.send("day,20231114\n");
  CHECK(sender.line() == "closing,day 20231114 is before 20231115, whose records are logged "
                         "already: its numbers are closed");
}

TEST_CASE("the Python sender logs in, states blank lines as gaps, and leaves when it is replaced") {
  scratch_directory scratch;
  auto settings = tcp_settings();
  settings.socket.token_file = scratch.write("token", "s3cret\n");
  auto source = load(settings);
  reader slot{*source};
  std::string text{header.substr(header.find(',') + 1)};
  for (std::uint64_t line = 2; line <= 9; ++line)
    text += line == 4 || line == 5 ? "\n" : row(line).substr(row(line).find(',') + 1);
  auto file = scratch.write("ticks.csv", text);
  auto start = [&](const std::string& name, const arguments& more) {
    arguments args{"env",
                   "python3",
                   source_path("scripts/send_ticks.py"),
                   source->listens_on(),
                   file,
                   "--retry-seconds",
                   "0.05"};
    args.insert(args.end(), more.begin(), more.end());
    return child_process{scratch.path(""), name, "/usr/bin/env", args};
  };
  auto without = start("without", {});
  CHECK(without.wait() == 1);
  CHECK_MESSAGE(without.err().find("login,NAME,TOKEN comes first") != std::string::npos,
                without.err());
  auto slow = start("slow", {"--token-file", settings.socket.token_file, "--rate", "1"});
  REQUIRE_MESSAGE(slot.read_to(1), slow.err());
  auto quick = start("quick", {"--token-file", settings.socket.token_file});
  REQUIRE_MESSAGE(slot.read_to(6), quick.err());
  CHECK(quick.wait() == 0);
  CHECK(slow.wait() == 1);
  CHECK_MESSAGE(slow.err().find("a newer connection of the same sender") != std::string::npos,
                slow.err());
  CHECK(source->counts().lost_positions == 2);
  CHECK(slot.cursor->position() == at(first_day, 9));
}

TEST_CASE("a stamp ahead of all others is held, rejected, and makes no other record late") {
  auto settings = tcp_settings();
  settings.time_jump = {};
  settings.socket.time_jump_wait = milliseconds{50};
  auto source = load(settings);
  reader slot{*source};
  socket_client client{source->listens_on()};
  client.line();
  auto stamped = [](std::uint64_t position, std::int64_t ms) {
    return fmt::format("{},{},S1,snapshot,5,1,4,1,6,1\n", position,
                       1'700'000'000'000'000'000 + ms * 1'000'000);
  };
  client.send(std::string{header} + stamped(1, 0));
  REQUIRE(slot.read_to(1)); // alone, it passes after a while, and its connection stays
  client.send(stamped(2, 10) + stamped(3, 20) + stamped(4, 50'000));
  REQUIRE(slot.read_to(3));
  client.send(stamped(5, 30) + stamped(6, 40));
  REQUIRE(slot.read_to(6));
  CHECK(client.last_ack(6));
  for (auto& t : slot.ticks) {
    CHECK(t.position == source_position{1 + static_cast<std::uint64_t>(&t - slot.ticks.data())});
    CHECK((!t.is_time_jump || t.position == source_position{4}));
    CHECK(t.event_time >= t.source_mark);
  }
  CHECK(slot.cursor->time_mark() < *parse_timestamp("1700000001000000000"));
  CHECK(source->counts().connections == 1);
}

} // namespace tickmesh::socket_senders_test
