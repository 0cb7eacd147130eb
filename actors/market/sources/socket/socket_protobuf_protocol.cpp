// The Protobuf form of the conversation: messages/proto/feed.proto.
#include "actors/market/sources/file/csv_records.hpp"
#include "actors/market/sources/socket/socket_protocol.hpp"
#include "messages/proto/feed.pb.h"

#include <fmt/format.h>

namespace tickmesh {

namespace {

constexpr std::string_view stamp_ns_allowed = "a time from 2000 to 2199 in ns since 1970";

class protobuf_protocol final : public socket_protocol {
public:
  explicit protobuf_protocol(std::size_t message_bytes_max)
      : message_bytes_max_(message_bytes_max) {}

  void append_hello(std::string& out, const live_position& resume_after) const override {
    wire::ServerMessage message;
    message.mutable_hello()->set_version(socket_protocol_version);
    message.mutable_hello()->set_resume_after(resume_after.number);
    message.mutable_hello()->set_day(static_cast<std::uint32_t>(resume_after.day));
    append(out, message);
  }
  void append_day(std::string& out, std::int32_t day) const override {
    wire::ServerMessage message;
    message.set_day(static_cast<std::uint32_t>(day));
    append(out, message);
  }
  void append_ack(std::string& out, std::uint64_t number) const override {
    wire::ServerMessage message;
    message.set_ack(number);
    append(out, message);
  }
  void append_rejected(std::string& out, std::uint64_t number,
                       std::string_view reason) const override {
    wire::ServerMessage message;
    message.mutable_rejected()->set_position(number);
    message.mutable_rejected()->set_reason(std::string{reason});
    append(out, message);
  }
  void append_closing(std::string& out, std::string_view reason) const override {
    wire::ServerMessage message;
    message.set_closing(std::string{reason});
    append(out, message);
  }

protected:
  result<std::optional<frame>> find_frame(std::string_view bytes) const override {
    if (bytes.size() < length_bytes) return std::nullopt;
    std::size_t length = 0;
    for (auto byte : bytes.substr(0, length_bytes))
      length = length << 8 | static_cast<unsigned char>(byte);
    if (length > message_bytes_max_)
      return fail(fmt::format("a message has {} bytes; at most {} are allowed", length,
                              message_bytes_max_));
    if (bytes.size() < length_bytes + length) return std::nullopt;
    return frame{bytes.substr(length_bytes, length), length_bytes + length};
  }

  result<bool> interpret(std::string_view body, sender_item& out) override {
    using said = wire::SenderMessage;
    if (!message_.ParseFromArray(body.data(), static_cast<int>(body.size())))
      return fail(fmt::format("{} bytes are not a SenderMessage", body.size()));
    switch (message_.said_case()) {
    case said::kRecord: return take_record(message_.record(), out);
    case said::kMarkNs:
      out.is = sender_item::kind::mark;
      out.mark = from_ns(message_.mark_ns());
      if (!is_stamp(out.mark))
        return fail(fmt::format("mark_ns: {} is not {}", message_.mark_ns(), stamp_ns_allowed));
      return true;
    case said::kGap:
      out.is = sender_item::kind::gap;
      out.gap_first = message_.gap().first();
      out.number = message_.gap().last();
      for (auto number : {out.gap_first, out.number})
        if (number == 0 || number > live_number_max)
          return fail(fmt::format("gap: {} is not from 1 to {}", number, live_number_max));
      return true;
    case said::kLogin:
      out.is = sender_item::kind::login;
      out.name = message_.login().name();
      out.token = message_.login().token();
      return true;
    case said::kDay: return take_day(message_.day(), out);
    case said::kPing: out.is = sender_item::kind::ping; return true;
    case said::kEnd: out.is = sender_item::kind::end; return true;
    case said::SAID_NOT_SET: break;
    }
    return fail(fmt::format("a SenderMessage of {} bytes says nothing that is known", body.size()));
  }

private:
  static constexpr std::size_t length_bytes = 4;

  static void append(std::string& out, const wire::ServerMessage& message) {
    auto bytes = message.SerializeAsString();
    for (std::size_t shift = length_bytes * 8; shift > 0;) {
      shift -= 8;
      out += static_cast<char>(bytes.size() >> shift & 0xff);
    }
    out += bytes;
  }

  static std::string find_fault(const wire::SourceRecord& record) {
    if (!is_stamp(from_ns(record.event_time_ns())))
      return fmt::format("event_time_ns: {} is not {}", record.event_time_ns(), stamp_ns_allowed);
    if (!is_symbol_name(record.symbol()))
      return fmt::format("symbol: {} is not {}", quote_for_message(record.symbol()),
                         symbol_name_allowed(record.symbol()));
    if (record.kind() > 2)
      return fmt::format("kind: {} is not 0 (snapshot), 1 (quote) or 2 (trade)", record.kind());
    if (record.trading_day() != 0 && !is_date(record.trading_day()))
      return fmt::format("trading_day: {} is not a date yyyymmdd from 19700102 to 22001231",
                         record.trading_day());
    if (record.aggressor() > 2)
      return fmt::format("aggressor: {} is not 0 (none), 1 (buy) or 2 (sell)", record.aggressor());
    return {};
  }

  static result<bool> take_day(std::uint32_t day, sender_item& out) {
    out.is = sender_item::kind::day;
    if (day > static_cast<std::uint32_t>(live_day_max) || !is_date(day))
      return fail(
          fmt::format("day: {} is not a date yyyymmdd from 19700102 to {}", day, live_day_max));
    out.day = static_cast<std::int32_t>(day);
    return true;
  }

  static result<bool> take_record(const wire::SourceRecord& record, sender_item& out) {
    if (record.position() == 0 || record.position() > live_number_max)
      return fail(
          fmt::format("position: {} is not from 1 to {}", record.position(), live_number_max));
    out.number = record.position();
    out.reason = find_fault(record);
    out.is = out.reason.empty() ? sender_item::kind::record : sender_item::kind::malformed;
    if (!out.reason.empty()) return true;
    out.symbol = record.symbol();
    auto& t = out.record = tick{};
    t.kind = static_cast<record_kind>(record.kind());
    t.aggressor = static_cast<side>(record.aggressor());
    t.record_id = record.record_id();
    t.trading_day = static_cast<std::int32_t>(record.trading_day());
    t.event_time = from_ns(record.event_time_ns());
    t.last = record.has_last() ? price{record.last()} : no_price;
    t.volume = quantity{record.volume()};
    auto high = static_cast<uint128>(static_cast<int128>(record.turnover_high())) << 64;
    t.turnover = money{static_cast<int128>(high | static_cast<std::uint64_t>(record.turnover()))};
    t.open_interest = quantity{record.open_interest()};
    t.bid = record.has_bid() ? price{record.bid()} : no_price;
    t.bid_volume = quantity{record.bid_volume()};
    t.ask = record.has_ask() ? price{record.ask()} : no_price;
    t.ask_volume = quantity{record.ask_volume()};
    return true;
  }

  std::size_t message_bytes_max_;
  wire::SenderMessage message_; ///< reused, for its memory
};

} // namespace

std::unique_ptr<socket_protocol> make_protobuf_socket_protocol(std::size_t message_bytes_max) {
  return std::make_unique<protobuf_protocol>(message_bytes_max);
}

} // namespace tickmesh
