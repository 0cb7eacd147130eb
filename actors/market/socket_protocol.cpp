#include "actors/market/socket_protocol.hpp"

#include "actors/market/csv_numbers.hpp"
#include "actors/market/csv_records.hpp"
#include "messages/proto/feed.pb.h"

#include <fmt/format.h>

#include <limits>

namespace tickmesh {

namespace {

constexpr std::string_view stamp_ns_allowed = "a time from 2000 to 2199 in ns since 1970";
constexpr std::int64_t position_max = std::numeric_limits<std::int64_t>::max();

std::optional<source_position> parse_position(std::string_view text) {
  auto value = parse_integer(text, position_max);
  if (!value || *value == 0) return std::nullopt;
  return source_position{static_cast<std::uint64_t>(*value)};
}

class csv_protocol final : public socket_protocol {
public:
  explicit csv_protocol(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  void append_hello(std::string& out, source_position resume_after) const override {
    out += fmt::format("hello,{},{}\n", socket_protocol_version, resume_after.value);
  }
  void append_ack(std::string& out, source_position position) const override {
    out += fmt::format("ack,{}\n", position.value);
  }
  void append_rejected(std::string& out, source_position position,
                       std::string_view reason) const override {
    out += fmt::format("rejected,{},{}\n", position.value, reason);
  }
  void append_closing(std::string& out, std::string_view reason) const override {
    out += fmt::format("closing,{}\n", reason);
  }

protected:
  bool awaits_header() const override { return !header_; }

  result<std::optional<frame>> find_frame(std::string_view bytes) const override {
    auto too_long = [&] {
      return fail(fmt::format("a line is longer than {} bytes: {}", line_bytes_max_,
                              quote_for_message(bytes)));
    };
    // One byte more than the longest line, for its `\r`.
    auto line_break = bytes.substr(0, line_bytes_max_ + 2).find('\n');
    if (line_break == std::string_view::npos) {
      if (bytes.size() > line_bytes_max_ + 1) return too_long();
      return std::nullopt;
    }
    auto body = bytes.substr(0, line_break);
    if (body.ends_with('\r')) body.remove_suffix(1);
    if (body.size() > line_bytes_max_) return too_long();
    return frame{body, line_break + 1};
  }

  result<bool> interpret(std::string_view line, sender_item& out) override {
    if (!header_) return take_header(line).map([] { return false; });
    auto comma = line.find(',');
    auto word = line.substr(0, comma);
    auto rest = comma == std::string_view::npos ? std::string_view{} : line.substr(comma + 1);
    if (auto position = parse_position(word)) {
      take_record(*position, rest, out);
      return true;
    }
    if (word == "mark") return take_mark(rest, out);
    if (word == "gap") return take_gap(rest, out);
    out.is = sender_item::kind::ping;
    if (line == "ping") return true;
    out.is = sender_item::kind::end;
    if (line == "end") return true;
    return fail(fmt::format("{} begins with no position from 1, mark, gap, ping or end",
                            quote_for_message(line)));
  }

private:
  result<void> take_header(std::string_view line) {
    constexpr std::string_view first = "position,";
    if (!line.starts_with(first))
      return fail(fmt::format("{} is no header; position,timestamp,symbol,kind,last,volume,bid,"
                              "bid_volume,ask,ask_volume is one",
                              quote_for_message(line)));
    auto matched = csv_header::match(parser_->format(), line.substr(first.size()));
    if (!matched) return tl::make_unexpected(matched.error());
    header_ = std::move(*matched);
    row_.emplace("position", *header_);
    return {};
  }

  void take_record(source_position position, std::string_view text, sender_item& out) {
    out.is = sender_item::kind::record;
    out.position = position;
    row_->assign(text, position.value);
    parsed_record parsed;
    if (!row_->failed()) parser_->parse(*row_, parsed);
    if (row_->failed()) {
      out.is = sender_item::kind::malformed;
      out.reason = row_->first_fault().message;
      row_.emplace("position", *header_);
      return;
    }
    out.record = parsed.record;
    out.symbol = parsed.symbol;
  }

  static result<bool> take_mark(std::string_view text, sender_item& out) {
    auto read = parse_source_stamp(text);
    if (!read.is_good)
      return fail(fmt::format("mark {} is not {}", quote_for_message(text), read.allowed));
    out.is = sender_item::kind::mark;
    out.mark = read.time;
    return true;
  }

  static result<bool> take_gap(std::string_view text, sender_item& out) {
    auto comma = text.find(',');
    auto first = parse_position(text.substr(0, comma));
    auto last =
        comma == std::string_view::npos ? std::nullopt : parse_position(text.substr(comma + 1));
    if (!first || !last)
      return fail(
          fmt::format("gap {} is not FIRST,LAST, two positions from 1", quote_for_message(text)));
    out.is = sender_item::kind::gap;
    out.gap_first = *first;
    out.position = *last;
    return true;
  }

  std::size_t line_bytes_max_;
  std::unique_ptr<record_parser> parser_ = make_own_record_parser();
  std::optional<csv_header> header_;
  std::optional<csv_row> row_; ///< a fresh one after each fault, which it would keep
};

class protobuf_protocol final : public socket_protocol {
public:
  explicit protobuf_protocol(std::size_t message_bytes_max)
      : message_bytes_max_(message_bytes_max) {}

  void append_hello(std::string& out, source_position resume_after) const override {
    wire::ServerMessage message;
    message.mutable_hello()->set_version(socket_protocol_version);
    message.mutable_hello()->set_resume_after(resume_after.value);
    append(out, message);
  }
  void append_ack(std::string& out, source_position position) const override {
    wire::ServerMessage message;
    message.set_ack(position.value);
    append(out, message);
  }
  void append_rejected(std::string& out, source_position position,
                       std::string_view reason) const override {
    wire::ServerMessage message;
    message.mutable_rejected()->set_position(position.value);
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
      out.gap_first = source_position{message_.gap().first()};
      out.position = source_position{message_.gap().last()};
      return true;
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

  static result<bool> take_record(const wire::SourceRecord& record, sender_item& out) {
    if (record.position() == 0 || record.position() > std::uint64_t{position_max})
      return fail(fmt::format("position: {} is not from 1 to {}", record.position(), position_max));
    out.position = source_position{record.position()};
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

void socket_protocol::receive(std::string_view bytes) {
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_ += bytes;
}

result<bool> socket_protocol::next(sender_item& out) {
  for (;;) {
    auto found = find_frame(std::string_view{buffer_}.substr(begin_));
    if (!found) return tl::make_unexpected(found.error());
    if (!*found) return false;
    auto said = interpret((*found)->body, out);
    if (!said) return said;
    begin_ += (*found)->size;
    if (!*said) continue;
    if (auto ordered = check_order(out); !ordered) return tl::make_unexpected(ordered.error());
    return true;
  }
}

result<void> socket_protocol::check_order(const sender_item& item) {
  using enum sender_item::kind;
  if (item.is == ping) return {};
  if (ended_) return fail("something follows the end");
  if (item.is == end) ended_ = true;
  if (item.is == end || item.is == mark) return {};
  auto first = item.is == gap ? item.gap_first : item.position;
  if (item.position < first)
    return fail(fmt::format("a gap ends at position {}, before its first one, {}",
                            item.position.value, first.value));
  if (first <= last_position_)
    return fail(
        fmt::format("position {} does not rise above {}", first.value, last_position_.value));
  last_position_ = item.position;
  return {};
}

std::unique_ptr<socket_protocol> make_socket_protocol(socket_format format,
                                                      std::size_t message_bytes_max) {
  if (format == socket_format::csv) return std::make_unique<csv_protocol>(message_bytes_max);
  return std::make_unique<protobuf_protocol>(message_bytes_max);
}

} // namespace tickmesh
