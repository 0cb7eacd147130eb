// The csv form of the conversation: lines.
#include "actors/market/sources/file/csv_numbers.hpp"
#include "actors/market/sources/file/csv_records.hpp"
#include "actors/market/sources/socket/socket_protocol.hpp"

#include <fmt/format.h>

namespace tickmesh {

namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  auto value = parse_integer(text, static_cast<std::int64_t>(live_number_max));
  if (!value || *value == 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

class csv_protocol final : public socket_protocol {
public:
  explicit csv_protocol(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  void append_hello(std::string& out, const live_position& resume_after) const override {
    out += fmt::format("hello,{},{},{}\n", socket_protocol_version, resume_after.number,
                       resume_after.day);
  }
  void append_day(std::string& out, std::int32_t day) const override {
    out += fmt::format("day,{}\n", day);
  }
  void append_ack(std::string& out, std::uint64_t number) const override {
    out += fmt::format("ack,{}\n", number);
  }
  void append_rejected(std::string& out, std::uint64_t number,
                       std::string_view reason) const override {
    out += fmt::format("rejected,{},{}\n", number, reason);
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
    auto comma = line.find(',');
    auto word = line.substr(0, comma);
    auto rest = comma == std::string_view::npos ? std::string_view{} : line.substr(comma + 1);
    if (word == "login") return take_login(rest, out);
    if (word == "day") return take_day(rest, out);
    if (!header_) return take_header(line).map([] { return false; });
    if (auto number = parse_number(word)) {
      take_record(*number, rest, out);
      return true;
    }
    if (word == "mark") return take_mark(rest, out);
    if (word == "gap") return take_gap(rest, out);
    out.is = sender_item::kind::ping;
    if (line == "ping") return true;
    out.is = sender_item::kind::end;
    if (line == "end") return true;
    return fail(fmt::format("{} begins with no position from 1 to {}, day, mark, gap, ping or end",
                            quote_for_message(line), live_number_max));
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

  void take_record(std::uint64_t number, std::string_view text, sender_item& out) {
    out.is = sender_item::kind::record;
    out.number = number;
    row_->assign(text, number);
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

  /// NAME[,TOKEN]
  static result<bool> take_login(std::string_view text, sender_item& out) {
    auto comma = text.find(',');
    out.is = sender_item::kind::login;
    out.name = text.substr(0, comma);
    out.token = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    return true;
  }

  static result<bool> take_day(std::string_view text, sender_item& out) {
    out.is = sender_item::kind::day;
    auto day = parse_integer(text, live_day_max);
    if (!day || !is_date(*day))
      return fail(fmt::format("day {} is not a date YYYYMMDD from 19700102 to {}",
                              quote_for_message(text), live_day_max));
    out.day = static_cast<std::int32_t>(*day);
    return true;
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
    auto first = parse_number(text.substr(0, comma));
    auto last =
        comma == std::string_view::npos ? std::nullopt : parse_number(text.substr(comma + 1));
    if (!first || !last)
      return fail(fmt::format("gap {} is not FIRST,LAST, two positions from 1 to {}",
                              quote_for_message(text), live_number_max));
    out.is = sender_item::kind::gap;
    out.gap_first = *first;
    out.number = *last;
    return true;
  }

  std::size_t line_bytes_max_;
  std::unique_ptr<record_parser> parser_ = make_own_record_parser();
  std::optional<csv_header> header_;
  std::optional<csv_row> row_; ///< a fresh one after each fault, which it would keep
};

} // namespace

std::unique_ptr<socket_protocol> make_csv_socket_protocol(std::size_t line_bytes_max) {
  return std::make_unique<csv_protocol>(line_bytes_max);
}

} // namespace tickmesh
