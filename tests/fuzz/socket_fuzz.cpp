// What senders say to a socket source, in both formats.
#include "actors/market/sources/file/csv_row.hpp"
#include "actors/market/sources/socket/socket_protocol.hpp"
#include "messages/proto/feed.pb.h"
#include "messages/utf8.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>

namespace tickmesh {

namespace socket_fuzz {

namespace {

constexpr std::size_t bytes_max = 512;

struct conversation {
  std::vector<sender_item> items;
  std::string fault;
};

conversation hear(socket_format format, std::string_view bytes, std::size_t piece,
                  std::size_t message_bytes_max = bytes_max) {
  auto protocol = make_socket_protocol(format, message_bytes_max);
  conversation out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    protocol->receive(bytes.substr(0, piece));
    for (;;) {
      sender_item item;
      auto said = protocol->next(item);
      if (!said) {
        out.fault = said.error().message;
        return out;
      }
      if (!*said) break;
      out.items.push_back(std::move(item));
    }
  }
  return out;
}

bool is_same(const sender_item& a, const sender_item& b) {
  return a.is == b.is && a.number == b.number && a.gap_first == b.gap_first &&
         a.record == b.record && a.symbol == b.symbol && a.mark == b.mark && a.reason == b.reason &&
         a.day == b.day && a.name == b.name && a.token == b.token;
}

bool is_same(const conversation& a, const conversation& b) {
  return a.fault == b.fault &&
         std::ranges::equal(a.items, b.items, [](auto& x, auto& y) { return is_same(x, y); });
}

wire::SenderMessage as_message(const sender_item& item) {
  using kind = sender_item::kind;
  wire::SenderMessage out;
  switch (item.is) {
  case kind::record: {
    auto& to = *out.mutable_record();
    auto& t = item.record;
    to.set_position(item.number);
    to.set_event_time_ns(to_ns(t.event_time));
    to.set_symbol(item.symbol);
    to.set_kind(static_cast<std::uint32_t>(t.kind));
    if (t.last != no_price) to.set_last(t.last.value);
    to.set_volume(t.volume.value);
    if (t.bid != no_price) to.set_bid(t.bid.value);
    to.set_bid_volume(t.bid_volume.value);
    if (t.ask != no_price) to.set_ask(t.ask.value);
    to.set_ask_volume(t.ask_volume.value);
    to.set_turnover(static_cast<std::int64_t>(t.turnover.value));
    to.set_turnover_high(static_cast<std::int64_t>(t.turnover.value >> 64));
    to.set_open_interest(t.open_interest.value);
    to.set_trading_day(static_cast<std::uint32_t>(t.trading_day));
    to.set_aggressor(static_cast<std::uint32_t>(t.aggressor));
    to.set_record_id(t.record_id);
    return out;
  }
  case kind::malformed: out.mutable_record()->set_position(item.number); return out;
  case kind::mark: out.set_mark_ns(to_ns(item.mark)); return out;
  case kind::gap:
    out.mutable_gap()->set_first(item.gap_first);
    out.mutable_gap()->set_last(item.number);
    return out;
  case kind::login:
    out.mutable_login()->set_name(item.name);
    out.mutable_login()->set_token(item.token);
    return out;
  case kind::day: out.set_day(static_cast<std::uint32_t>(item.day)); return out;
  case kind::ping: out.set_ping(true); return out;
  case kind::end: out.set_end(true); return out;
  }
  return out;
}

std::string framed(const wire::SenderMessage& message) {
  auto body = message.SerializeAsString();
  std::string out{'\0', '\0', static_cast<char>(body.size() >> 8),
                  static_cast<char>(body.size() & 0xff)};
  return out + body;
}

void check_item(const sender_item& item, std::uint64_t& last) {
  using kind = sender_item::kind;
  must(item.number <= live_number_max, "a number is out of range");
  if (item.is == kind::day) last = 0;
  if (item.is == kind::record || item.is == kind::malformed || item.is == kind::gap) {
    auto first = item.is == kind::gap ? item.gap_first : item.number;
    must(first > last && item.number >= first, "numbers do not rise");
    last = item.number;
  }
  must((item.is == kind::malformed) == !item.reason.empty(), "a malformed record has no reason");
  must(!find_non_utf8(item.reason), "a reason is no UTF-8");
  must(item.is != kind::mark || is_stamp(item.mark), "a mark is no stamp");
  if (item.is != kind::record) return;
  must(is_stamp(item.record.event_time), "a record's time is no stamp");
  must(is_symbol_name(item.symbol), "a record's symbol is none");
}

void run_socket(socket_format format, std::string_view bytes) {
  auto whole = hear(format, bytes, bytes.size());
  must(is_same(whole, hear(format, bytes, 1)), "split bytes are another conversation");
  must(is_same(whole, hear(format, bytes, 7)), "split bytes are another conversation");
  must(!find_non_utf8(whole.fault), "a fault's message is no UTF-8");
  std::uint64_t last = 0;
  std::string written;
  for (auto& item : whole.items) {
    check_item(item, last);
    written += framed(as_message(item));
    item.reason.clear(); // of a malformed record all that is written is its number
    if (item.is == sender_item::kind::malformed) item.record = {}, item.symbol.clear();
  }
  auto again = hear(socket_format::protobuf, written, written.size(), 2 * bytes_max);
  for (auto& item : again.items)
    item.reason.clear();
  whole.fault.clear();
  must(is_same(whole, again), "what was said is not the same in Protobuf");
}

void run_socket_csv(std::string_view bytes) {
  run_socket(socket_format::csv, bytes);
}

void run_socket_protobuf(std::string_view bytes) {
  run_socket(socket_format::protobuf, bytes);
}

constexpr std::string_view csv_sample =
    "login,desk-7,a,b\nday,20240108\n"
    "position,timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume,turnover\n"
    "1,1700000000000000000,S1,snapshot,5,1,1,1,1,1,-7.5\r\nmark,1700000000000000001\n"
    "2,1700000000000000000,S1,trade,x,1,1,1,1,1,\nping\ngap,3,7\nday,20240109\n"
    "1,1700000000000000000,\"S 2\",quote,,,,,3,1,\nend\nping\n";

std::vector<std::string> socket_csv_samples() {
  auto text = std::string{csv_sample};
  return {text, text.substr(text.find("position,timestamp"))};
}

std::vector<std::string> socket_protobuf_samples() {
  std::string out;
  for (auto& item : hear(socket_format::csv, csv_sample, csv_sample.size()).items)
    out += framed(as_message(item));
  return {out};
}

} // namespace

} // namespace socket_fuzz

std::vector<fuzz_target> socket_fuzz_targets() {
  using namespace socket_fuzz;
  return {{"socket_csv", run_socket_csv, socket_csv_samples},
          {"socket_protobuf", run_socket_protobuf, socket_protobuf_samples}};
}

} // namespace tickmesh
