// A socket source with real senders: TCP and Unix sockets, garbage, broken connections, and
// scripts/send_ticks.py.
#include "actors/market/sources/socket/socket_source.hpp"

#include "messages/proto/feed.pb.h"
#include "tests/support/live_slot.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <fstream>

namespace tickmesh::socket_source_test {

using std::chrono::milliseconds;

TEST_CASE("a sender is greeted with the resume point, and told what has been logged") {
  scratch_directory scratch;
  for (bool tcp : {true, false}) {
    auto settings = tcp_settings();
    if (!tcp) settings.socket.listen = "unix:" + scratch.path("feed");
    auto source = load(settings);
    CHECK(source->listens_on() == "");
    reader slot{*source, 7};
    socket_client client{source->listens_on()};
    CHECK(client.line() == "hello,1,7,0");
    client.send(std::string{header} + rows(8, 10) + row(11, "other"));
    REQUIRE(slot.read_to(4));
    CHECK(in_sequence(slot.ticks, 8));
    CHECK(source->symbols().name(slot.ticks[0].symbol) == "S1");
    CHECK(source->symbols().name(slot.ticks[3].symbol) == "UNKNOWN_SYMBOL");
    CHECK(slot.ticks[0].trading_day == 20231114);
    CHECK(client.last_ack(11));
    client.send("12,what\n" + row(13) + "gap,14,20\nend\n");
    REQUIRE(slot.read_to_end());
    CHECK(client.last_ack(20));
    auto counts = source->counts();
    CHECK(counts.records == 5);
    CHECK(counts.unknown_symbols == 1);
    CHECK(counts.malformed == 1);
    CHECK(counts.source_gaps == 1);
    CHECK(counts.lost_positions == 7);
    auto told = slot.cursor->counts();
    CHECK(told["gaps"] == 1);
    CHECK(told["lost_positions"] == 7);
    reader other{*source, 20};
    CHECK(other.cursor->counts().empty()); // the first cursor alone tells
  }
  CHECK_FALSE(std::filesystem::exists(scratch.path("feed")));
}

TEST_CASE("a Unix socket that a killed process left behind is replaced, any other file is not") {
  scratch_directory scratch;
  auto settings = tcp_settings();
  settings.socket.listen = "unix:" + scratch.path("feed");
  leave_stale_socket(scratch.path("feed"));
  {
    auto source = load(settings);
    reader slot{*source};
    CHECK(source->listens_on() == settings.socket.listen);
    auto second = load(settings); // tries again until the first has gone
    reader waiting{*second};
    CHECK(second->listens_on() == "");
  }
  scratch.write("feed", "a file");
  auto source = load(settings);
  reader slot{*source};
  CHECK(source->listens_on() == "");
  CHECK(file_text(scratch.path("feed")) == "a file");
}

TEST_CASE(
    "garbage, long lines and half messages close the connection, and the next one is served") {
  auto settings = tcp_settings();
  settings.socket.message_timeout = milliseconds{200};
  auto source = load(settings);
  reader slot{*source};
  std::uint64_t position = 0;
  auto closes = [&](const std::string& bytes, std::string_view reason) {
    CAPTURE(reason);
    socket_client client{source->listens_on()};
    auto greeting = fmt::format("hello,1,{},{}", position, position == 0 ? 0 : 20231114);
    CHECK(client.line() == greeting);
    client.send(bytes);
    std::string line = client.line();
    while (line.starts_with("ack,"))
      line = client.line();
    CHECK_MESSAGE(line.find(reason) != line.npos, line);
    CHECK(client.is_closed());
    socket_client good{source->listens_on()};
    CHECK(good.line() == greeting);
    good.send(std::string{header} + row(++position));
    REQUIRE(slot.read_to(position));
    CHECK(good.last_ack(position));
  };
  std::string head{header};
  closes("GET / HTTP/1.1\r\n\r\n", "closing,\"GET / HTTP/1.1\" is no header");
  closes(head + std::string(1'000'000, 'x'), "a line is longer than 4096 bytes");
  closes(head + std::string(100, '\0') + "\n", "begins with no position");
  closes(head + "5,half a li", "is incomplete after 200 ms");
  closes("", "is incomplete after 200 ms");
  closes(head + "mark,2150-01-01T00:00:00Z\n", "more than 60000 ms ahead");
  CHECK(source->counts().faults == 6);

  { // a sender that dies within a record
    socket_client client{source->listens_on()};
    client.send(head + row(++position) + "8,17");
    REQUIRE(slot.read_to(position));
    CHECK(client.last_ack(position)); // nothing is on its way to it any more
  }
  CHECK(wait_until(patience, [&] { return source->counts().broken_messages == 1; }));
  CHECK(in_sequence(slot.ticks, 1));
}

TEST_CASE("a silent sender is closed, one that pings is not") {
  auto settings = tcp_settings();
  settings.socket.silence_max = milliseconds{300};
  auto source = load(settings);
  reader slot{*source};
  socket_client client{source->listens_on()};
  CHECK(client.line() == "hello,1,0,0");
  client.send(header);
  auto until = std::chrono::steady_clock::now() + milliseconds{900};
  wait_until(milliseconds{900}, [&] {
    client.send("ping\n");
    return std::chrono::steady_clock::now() > until;
  });
  CHECK(source->counts().faults == 0);
  CHECK(client.line() == "closing,nothing was sent for 300 ms; a ping would do");
}

TEST_CASE("a sender that reads no replies is closed") {
  auto settings = tcp_settings();
  settings.socket.silence_max = milliseconds{300};
  scratch_directory scratch;
  settings.socket.listen = "unix:" + scratch.path("feed");
  auto source = load(settings);
  reader slot{*source};
  socket_client client{source->listens_on()};
  client.send(header);
  for (std::uint64_t position = 1; position < 100'000; ++position)
    client.send(fmt::format("{},not a record\n", position));
  CHECK(wait_until(patience, [&] { return source->counts().faults == 1; }));
  socket_client next{source->listens_on()};
  CHECK(next.line().starts_with("hello,1,"));
}

TEST_CASE("a full cursor holds the sender back, and nothing is lost") {
  auto settings = tcp_settings();
  settings.socket.buffer_records_max = 64;
  auto source = load(settings);
  reader slot{*source};
  reader slow{*source};
  constexpr std::uint64_t count = 20'000;
  socket_client client{source->listens_on()};
  std::thread sender{[&] { client.send(std::string{header} + rows(1, count) + "end\n"); }};
  REQUIRE(slot.read_to(64));
  CHECK(wait_until(patience, [&] { return source->counts().records == 64; }));
  while (!slow.ended && slow.read_to(slow.ticks.size() + 1))
    slot.read();
  sender.join();
  REQUIRE(slot.read_to_end());
  CHECK(slot.ticks.size() == count);
  CHECK(slow.ticks.size() == count);
  CHECK(in_sequence(slot.ticks, 1));
  CHECK(in_sequence(slow.ticks, 1));
}

TEST_CASE("a slot that opens behind the sender makes it go back, and no slot gets a record twice") {
  auto source = load(tcp_settings());
  reader slot{*source, 10};
  socket_client client{source->listens_on()};
  CHECK(client.line() == "hello,1,10,0");
  client.send(std::string{header} + rows(11, 20));
  REQUIRE(slot.read_to(10));
  CHECK(client.last_ack(20));
  reader adopted{*source, 5};
  CHECK(client.line() == "closing,a data slot needs what follows position 5; connect again");
  socket_client again{source->listens_on()};
  CHECK(again.line() == "hello,1,5,0");
  again.send(std::string{header} + rows(6, 22) + "end\n");
  REQUIRE(slot.read_to_end());
  REQUIRE(adopted.read_to_end());
  CHECK(slot.ticks.size() == 12);
  CHECK(adopted.ticks.size() == 17);
  CHECK(in_sequence(slot.ticks, 11));
  CHECK(in_sequence(adopted.ticks, 6));
}

TEST_CASE("with idle marks, the wall clock moves the mark of a silent sender") {
  auto settings = tcp_settings();
  settings.socket.idle_marks = true;
  settings.socket.idle_after = milliseconds{20};
  std::atomic<std::int64_t> now{1'700'000'100'000'000'000};
  auto loaded = load_socket_source(settings, {}, nullptr,
                                   std::make_shared<host_clock>([&now] { return now.load(); }));
  REQUIRE(loaded.has_value());
  reader slot{**loaded};
  socket_client client{(*loaded)->listens_on()};
  client.send(std::string{header} + row(1));
  auto reaches = [&](std::int64_t ns) {
    return wait_until(patience, [&] {
      slot.read();
      return to_ns(slot.cursor->time_mark()) == ns;
    });
  };
  CHECK(reaches(1'700'000'099'980'000'000));
  now += 1'000'000'000;
  CHECK(reaches(1'700'000'100'980'000'000));
}

TEST_CASE("a Protobuf sender is served as a csv sender is") {
  auto settings = tcp_settings();
  settings.socket.format = socket_format::protobuf;
  auto source = load(settings);
  reader slot{*source};
  socket_client client{source->listens_on()};
  auto hear = [&] {
    wire::ServerMessage message;
    auto length = client.bytes(4);
    REQUIRE(length.size() == 4);
    REQUIRE(message.ParseFromString(client.bytes(static_cast<std::size_t>(length[3]))));
    return message;
  };
  CHECK(hear().hello().resume_after() == 0);
  wire::SenderMessage said;
  said.mutable_record()->set_position(2);
  said.mutable_record()->set_event_time_ns(1'700'000'000'000'000'000);
  said.mutable_record()->set_symbol("S2");
  auto body = said.SerializeAsString();
  client.send(std::string{'\0', '\0', '\0', static_cast<char>(body.size())} + body);
  REQUIRE(slot.read_to(1));
  CHECK(slot.ticks[0].position == source_position{2});
  CHECK(hear().ack() == 2);
  client.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(hear().closing() == "a message has 1195725856 bytes; at most 4096 are allowed");
}

TEST_CASE("the Python sender, killed in the middle and started again, loses and repeats nothing") {
  scratch_directory scratch;
  constexpr std::uint64_t count = 20'000;
  auto file = write_ticks(scratch, count);
  auto source = load(tcp_settings());
  reader slot{*source, 1};
  {
    auto sender = start_sender(scratch, "first", {source->listens_on(), file, "--rate", "10000"});
    REQUIRE_MESSAGE(slot.read_to(count / 4), sender.err());
    sender.send_signal(SIGKILL);
    sender.wait();
  }
  auto sender = start_sender(scratch, "second", {source->listens_on(), file});
  REQUIRE(slot.read_to_end());
  CHECK(slot.ticks.size() == count);
  CHECK(in_sequence(slot.ticks, 2));
  CHECK(sender.wait() == 0);
  CHECK(sender.out() == fmt::format("send_ticks: position {} acknowledged\n", count + 1));
}

TEST_CASE("the Python sender goes on behind the log of a host that was started again") {
  scratch_directory scratch;
  constexpr std::uint64_t count = 20'000;
  auto file = write_ticks(scratch, count);
  auto settings = tcp_settings();
  settings.socket.listen = "unix:" + scratch.path("feed");
  auto sender =
      start_sender(scratch, "sender",
                   {settings.socket.listen, file, "--rate", "20000", "--retry-seconds", "0.05"});
  std::vector<tick> logged;
  source_position position;
  {
    auto source = load(settings);
    reader slot{*source};
    slot.read_max = count / 4;
    REQUIRE_MESSAGE(slot.read_to(count / 4), sender.err());
    logged = slot.ticks;
    position = slot.cursor->position();
  }
  auto source = load(settings);
  reader slot{*source, position};
  REQUIRE_MESSAGE(slot.read_to_end(), sender.err());
  logged.insert(logged.end(), slot.ticks.begin(), slot.ticks.end());
  CHECK(logged.size() == count);
  CHECK(in_sequence(logged, 2));
  CHECK(sender.wait() == 0);
}

} // namespace tickmesh::socket_source_test
