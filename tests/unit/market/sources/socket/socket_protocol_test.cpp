// What senders may say to a socket source, in any split of the bytes, and what must be refused.
#include "actors/market/sources/socket/socket_protocol.hpp"

#include "messages/proto/feed.pb.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>
#include <vector>

namespace tickmesh::socket_protocol_test {

namespace {

constexpr std::string_view header =
    "position,timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume,turnover\n";
constexpr std::size_t bytes_max = 4096;

std::string framed(const wire::SenderMessage& message) {
  auto body = message.SerializeAsString();
  std::string out{'\0', '\0', static_cast<char>(body.size() >> 8),
                  static_cast<char>(body.size() & 0xff)};
  return out + body;
}

/// A conversation of 200 records with marks, gaps and pings between them, in either format.
std::string sample(socket_format format, std::uint32_t seed) {
  std::mt19937 random{seed};
  std::string out{format == socket_format::csv ? header : ""};
  auto say = [&](const std::string& line, const wire::SenderMessage& message) {
    std::string line_break = random() % 2 != 0 ? "\n" : "\r\n"; // drawn for either format
    out += format == socket_format::csv ? line + line_break : framed(message);
  };
  wire::SenderMessage login;
  login.mutable_login()->set_name("desk-7");
  login.mutable_login()->set_token("a,b");
  say("login,desk-7,a,b", login);
  std::uint64_t position = 0;
  std::uint32_t day = 20240108;
  std::int64_t time = 1'700'000'000'000'000'000;
  for (int i = 0; i < 200; ++i) {
    wire::SenderMessage message;
    if (random() % 50 == 0) {
      message.set_day(++day);
      say(fmt::format("day,{}", day), message);
      position = 0;
    }
    position += 1 + random() % 3;
    time += random() % 1'000'000;
    if (random() % 10 == 0) {
      message.mutable_gap()->set_first(position);
      message.mutable_gap()->set_last(position + 4);
      say(fmt::format("gap,{},{}", position, position + 4), message);
      position += 5;
    }
    if (random() % 10 == 0) {
      message.set_mark_ns(time);
      say(fmt::format("mark,{}", time), message);
    }
    if (random() % 10 == 0) {
      message.set_ping(true);
      say("ping", message);
    }
    auto& record = *message.mutable_record();
    record.set_position(position);
    record.set_event_time_ns(time);
    record.set_symbol(fmt::format("S{}", random() % 5));
    record.set_kind(0);
    if (random() % 4 != 0) record.set_last(static_cast<std::int64_t>(random()) * 100);
    record.set_volume(static_cast<std::int64_t>(random() % 100) * decimal_scale);
    record.set_bid(random());
    record.set_bid_volume(decimal_scale);
    record.set_ask(random());
    record.set_ask_volume(decimal_scale);
    record.set_turnover(-static_cast<std::int64_t>(random()));
    record.set_turnover_high(record.turnover() < 0 ? -1 : 0);
    say(fmt::format("{},{},{},snapshot,{},{},{},1,{},1,{}", position, time, record.symbol(),
                    record.has_last() ? format_decimal(record.last()) : "",
                    format_decimal(record.volume()), format_decimal(record.bid()),
                    format_decimal(record.ask()), format_decimal(record.turnover())),
        message);
  }
  wire::SenderMessage end;
  end.set_end(true);
  say("end", end);
  return out;
}

struct heard {
  std::vector<sender_item> items;
  std::string fault;
};

/// Feeds the bytes in pieces of 1 to `piece_max`.
heard hear(socket_format format, std::string_view bytes, std::mt19937& random,
           std::size_t piece_max) {
  auto protocol = make_socket_protocol(format, bytes_max);
  heard out;
  while (!bytes.empty()) {
    auto size = std::min<std::size_t>(bytes.size(), 1 + random() % piece_max);
    protocol->receive(bytes.substr(0, size));
    bytes.remove_prefix(size);
    for (;;) {
      sender_item item;
      auto said = protocol->next(item);
      if (!said) {
        out.fault = said.error().message;
        return out;
      }
      if (!*said) break;
      out.items.push_back(item);
    }
  }
  return out;
}

heard hear(socket_format format, std::string_view bytes) {
  std::mt19937 random{1};
  return hear(format, bytes, random, bytes.size());
}

bool same(const sender_item& a, const sender_item& b) {
  return a.is == b.is && a.number == b.number && a.gap_first == b.gap_first &&
         a.record == b.record && a.symbol == b.symbol && a.mark == b.mark && a.reason == b.reason &&
         a.day == b.day && a.name == b.name && a.token == b.token;
}

std::string csv_fault(std::string_view lines) {
  return hear(socket_format::csv, std::string{header} + std::string{lines}).fault;
}

std::string protobuf_fault(const wire::SenderMessage& message) {
  return hear(socket_format::protobuf, framed(message)).fault;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("any split of a sender's bytes gives the same items, in both formats") {
  for (auto format : {socket_format::csv, socket_format::protobuf})
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(seed);
      auto bytes = sample(format, seed);
      auto whole = hear(format, bytes);
      REQUIRE(whole.fault == "");
      REQUIRE(whole.items.size() > 200);
      std::mt19937 random{seed};
      for (std::size_t piece_max : {1, 7, 300}) {
        auto pieces = hear(format, bytes, random, piece_max);
        CHECK(pieces.fault == "");
        CHECK(std::equal(pieces.items.begin(), pieces.items.end(), whole.items.begin(),
                         whole.items.end(), same));
      }
    }
}

TEST_CASE("csv lines and Protobuf messages of the same records give the same items") {
  auto lines = hear(socket_format::csv, sample(socket_format::csv, 7));
  auto messages = hear(socket_format::protobuf, sample(socket_format::protobuf, 7));
  CHECK(lines.fault == "");
  CHECK(std::equal(lines.items.begin(), lines.items.end(), messages.items.begin(),
                   messages.items.end(), same));
}

TEST_CASE(
    "random bytes end in a fault or in waiting, never in a crash or in memory without bound") {
  for (auto format : {socket_format::csv, socket_format::protobuf})
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
      CAPTURE(seed);
      std::mt19937 random{seed};
      std::string bytes(20'000, '\0');
      for (auto& byte : bytes)
        byte = static_cast<char>(random());
      CHECK(hear(format, bytes, random, 100).fault != "");
    }
}

TEST_CASE("damaged conversations never crash, and what is read before the damage is whole") {
  for (auto format : {socket_format::csv, socket_format::protobuf}) {
    auto bytes = sample(format, 3);
    auto whole = hear(format, bytes);
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
      CAPTURE(seed);
      std::mt19937 random{seed};
      auto damaged = bytes;
      auto place = random() % damaged.size();
      damaged[place] = static_cast<char>(random());
      auto out = hear(format, damaged, random, 500);
      REQUIRE(out.items.size() <= whole.items.size() + 1);
      auto before = hear(format, std::string_view{bytes}.substr(0, place));
      REQUIRE(out.items.size() + 1 >= before.items.size());
      auto common = before.items.empty() ? 0 : before.items.size() - 1;
      for (std::size_t i = 0; i < common; ++i)
        CHECK(same(out.items[i], whole.items[i]));
    }
  }
}

TEST_CASE("a record that cannot be read is malformed, and the next one is good") {
  auto out = hear(socket_format::csv, std::string{header} +
                                          "1,1700000000000000000,S1,snapshot,x,1,1,1,1,1,\n"
                                          "2,1700000000000000000,S1,snapshot,5,1,1,1,1,1,\n");
  REQUIRE(out.items.size() == 2);
  CHECK(out.items[0].is == sender_item::kind::malformed);
  CHECK(out.items[0].number == 1);
  CHECK(contains(out.items[0].reason, "position:1: column last: \"x\""));
  CHECK(out.items[1].is == sender_item::kind::record);
  CHECK(out.items[1].record.last == price{5 * decimal_scale});

  wire::SenderMessage message;
  auto& record = *message.mutable_record();
  record.set_position(1);
  auto reason = [&] {
    auto items = hear(socket_format::protobuf, framed(message)).items;
    REQUIRE(items.size() == 1);
    CHECK(items[0].is == sender_item::kind::malformed);
    return items[0].reason;
  };
  record.set_event_time_ns(-1);
  CHECK(contains(reason(), "event_time_ns: -1 is not a time from 2000 to 2199"));
  record.set_event_time_ns(1'735'689'600'000); // ms
  CHECK(contains(reason(), "event_time_ns: 1735689600000 is not a time from 2000 to 2199 in ns"));
  record.set_event_time_ns(1'735'689'600'000'000'000);
  CHECK(contains(reason(), "symbol: \"\""));
  record.set_symbol("S\t1");
  CHECK(contains(reason(), "symbol: \"S\\x091\""));
  record.set_symbol("S1");
  record.set_kind(3);
  CHECK(contains(reason(), "kind: 3"));
  record.set_kind(2);
  record.set_trading_day(20240230);
  CHECK(contains(reason(), "trading_day: 20240230"));
  record.set_trading_day(0);
  record.set_aggressor(9);
  CHECK(contains(reason(), "aggressor: 9"));
}

TEST_CASE("positions that do not rise, and whatever is no part of the conversation, are faults") {
  constexpr std::string_view row = "1700000000000000000,S1,snapshot,5,1,1,1,1,1,\n";
  auto at = [row](std::string_view position) { return fmt::format("{},{}", position, row); };
  CHECK(contains(csv_fault(at("5") + at("5")), "position 5 does not rise above 5"));
  CHECK(contains(csv_fault(at("5") + at("4")), "position 4 does not rise above 5"));
  CHECK(contains(csv_fault(at("5") + "gap,5,7\n"), "position 5 does not rise above 5"));
  CHECK(contains(csv_fault("gap,7,6\n"), "a gap ends at position 6"));
  CHECK(contains(csv_fault("gap,7\n"), "gap \"7\" is not FIRST,LAST"));
  CHECK(contains(csv_fault(at("281474976710656")), "no position from 1 to 281474976710655"));
  CHECK(csv_fault(at("281474976710655")) == "");
  CHECK(contains(csv_fault(at("5") + at("5")), "behind day,YYYYMMDD"));
  CHECK(csv_fault("day,20240108\n" + at("5") + "day,20240109\n" + at("5")) == "");
  CHECK(contains(csv_fault("day,20240108\n" + at("5") + "day,20240108\n" + at("5")),
                 "position 5 does not rise above 5"));
  for (auto* day : {"", "tomorrow", "20240230", "0", "21490607", "2024-01-08", "\xff\xfe"})
    CHECK(contains(csv_fault(fmt::format("day,{}\n", day)), "is not a date YYYYMMDD"));
  CHECK(contains(csv_fault("day,\xff\n"), "day \"\\xff\" is not"));
  CHECK(contains(csv_fault(at("5") + "login,a\n"), "login comes first, and once"));
  CHECK(contains(csv_fault("login,a\nlogin,a\n"), "login comes first, and once"));
  CHECK(contains(csv_fault(at("0")), "begins with no position"));
  CHECK(contains(csv_fault(at("-1")), "begins with no position"));
  CHECK(contains(csv_fault("GET / HTTP/1.1\n"), "begins with no position"));
  CHECK(contains(csv_fault("\n"), "begins with no position"));
  CHECK(contains(csv_fault("mark,noon\n"), "mark \"noon\" is not a time"));
  CHECK(contains(csv_fault("mark,-1\n"), "mark \"-1\" is not a time"));
  CHECK(contains(csv_fault("mark,1\n"), "from 2000 to 2199"));
  CHECK(contains(csv_fault("end\n" + at("9")), "something follows the end"));
  CHECK(csv_fault("end\nping\n") == "");
  CHECK(contains(hear(socket_format::csv, "GET / HTTP/1.1\n").fault, "is no header"));
  CHECK(contains(hear(socket_format::csv, "position,timestamp,symbol\n").fault,
                 "column kind is missing"));

  wire::SenderMessage message;
  CHECK(contains(protobuf_fault(message), "says nothing that is known"));
  message.set_mark_ns(-1);
  CHECK(contains(protobuf_fault(message), "mark_ns: -1"));
  message.mutable_record();
  CHECK(contains(protobuf_fault(message), "position: 0 is not from 1"));
  message.mutable_record()->set_position(std::uint64_t{1} << 48);
  CHECK(contains(protobuf_fault(message), "is not from 1 to 281474976710655"));
  message.mutable_gap()->set_first(1);
  message.mutable_gap()->set_last(UINT64_MAX);
  CHECK(contains(protobuf_fault(message), "gap: 18446744073709551615 is not from 1"));
  message.set_day(20240230);
  CHECK(contains(protobuf_fault(message), "day: 20240230 is not a date"));
  message.set_day(UINT32_MAX);
  CHECK(contains(protobuf_fault(message), "day: 4294967295 is not a date"));
  CHECK(contains(hear(socket_format::protobuf, std::string{"\0\0\0\1x", 5}).fault,
                 "1 bytes are not a SenderMessage"));
}

TEST_CASE("a line or message of the longest length is read, one byte more is a fault") {
  auto line = [](std::size_t size) {
    std::string text{"1,1700000000000000000,S1,snapshot,5,1,1,1,1,1,"};
    return text + std::string(size - text.size(), '0');
  };
  auto out = hear(socket_format::csv, std::string{header} + line(bytes_max) + "\r\n");
  CHECK(out.items.size() == 1);
  CHECK(contains(csv_fault(line(bytes_max + 1) + "\n"), "a line is longer than 4096 bytes"));
  CHECK(contains(csv_fault(line(bytes_max + 2)), "a line is longer than 4096 bytes"));
  CHECK(csv_fault(line(bytes_max)) == "");
  CHECK(contains(hear(socket_format::protobuf, std::string{"\0\0\x10\1", 4}).fault,
                 "a message has 4097 bytes; at most 4096"));
  CHECK(hear(socket_format::protobuf, std::string{"\0\0\x10\0", 4}).fault == "");
}

TEST_CASE("replies are lines in csv, and framed messages in Protobuf") {
  std::string out;
  auto csv = make_socket_protocol(socket_format::csv, bytes_max);
  csv->append_hello(out, {20240108, 17});
  csv->append_ack(out, 20);
  csv->append_rejected(out, 21, "why");
  csv->append_day(out, 20240109);
  csv->append_closing(out, "enough");
  CHECK(out == "hello,1,17,20240108\nack,20\nrejected,21,why\nday,20240109\nclosing,enough\n");

  out.clear();
  make_socket_protocol(socket_format::protobuf, bytes_max)->append_hello(out, {20240108, 17});
  REQUIRE(out.size() > 4);
  CHECK(static_cast<std::size_t>(out[3]) == out.size() - 4);
  wire::ServerMessage message;
  REQUIRE(message.ParseFromString(out.substr(4)));
  CHECK(message.hello().version() == 1);
  CHECK(message.hello().resume_after() == 17);
  CHECK(message.hello().day() == 20240108);
}

} // namespace tickmesh::socket_protocol_test
