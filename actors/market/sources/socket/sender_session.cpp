#include "actors/market/sources/socket/sender_session.hpp"

#include "actors/market/sources/file/csv_row.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

/// The first position of the day that `position` is of, less one.
source_position before_day(source_position position) {
  return to_source_position({to_live_position(position).day, 0});
}

bool is_sender_name(std::string_view name) {
  return is_symbol_name(name) &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 127; });
}

} // namespace

bool is_same_token(std::string_view expected, std::string_view given) {
  std::size_t differing = expected.size() ^ given.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    auto own = expected.empty() ? '\0' : expected[i % expected.size()];
    differing |= static_cast<std::size_t>(static_cast<unsigned char>(own ^ given[i]));
  }
  return differing == 0;
}

sender_session::sender_session(const socket_settings& settings, const resume_place& from)
    : protocol_(make_socket_protocol(settings.format, settings.message_bytes_max)),
      start_(from.after), is_fresh_(from.day_is_over) {
  auto at = to_live_position(start_);
  told_day_ = at.day;
  protocol_->append_hello(replies_, is_fresh_ ? live_position{at.day, 0} : at);
}

result<void> sender_session::begin(const sender_item& first, const std::string& token,
                                   source_position logged) {
  bool is_login = first.is == sender_item::kind::login;
  if (!token.empty() && !(is_login && is_same_token(token, first.token)))
    return fail(is_login ? "the login does not bring the token of source.socket.token_file"
                         : "login,NAME,TOKEN comes first: source.socket.token_file is set");
  if (is_login && !is_sender_name(first.name))
    return fail(fmt::format("login: {} is not a name of 1 to 64 characters without blanks and "
                            "commas",
                            quote_for_message(first.name)));
  name_ = first.name;
  numbers_.emplace(to_live_position(logged));
  return {};
}

result<source_position> sender_session::place(const sender_item& item, std::int32_t trading_day,
                                              std::int32_t today) {
  using enum sender_item::kind;
  auto& numbers = *numbers_;
  if (item.is == day) {
    if (!is_near_day(item.day, today))
      return fail(fmt::format("day {} is more than {} days ahead of {}, the date of this host",
                              item.day, trading_day_lead_max.count(), today));
    if (auto begun = numbers.begin_day(item.day); !begun) return tl::make_unexpected(begun.error());
    return reached();
  }
  has_ended_ = item.is == end;
  bool is_record = item.is == record || item.is == malformed;
  if (!is_record && item.is != gap) return reached();
  bool first = last_ == source_position{};
  auto placed = is_record ? numbers.take(item.number, trading_day)
                          : numbers.take_gap(item.gap_first, item.number);
  if (!placed) return placed;
  last_ = *placed;
  // What was logged of an earlier day was not sent on this connection.
  if (first) told_ = std::max(told_, before_day(last_));
  return placed;
}

void sender_session::acknowledge(source_position all) {
  auto own = last_;
  // One that has nothing to add waits for what it was greeted with.
  bool goes_on = numbers_ && !is_fresh_ && numbers_->day() == to_live_position(start_).day;
  if (goes_on && (has_ended_ || last_ != source_position{})) own = std::max(own, start_);
  auto up_to = std::min(all, own);
  auto at = to_live_position(up_to);
  if (up_to <= told_ || at.number == 0) return;
  if (at.day != told_day_ && numbers_->is_declared()) protocol_->append_day(replies_, at.day);
  told_day_ = at.day;
  told_ = up_to;
  protocol_->append_ack(replies_, at.number);
}

void sender_session::reject(std::uint64_t number, std::string_view reason) {
  protocol_->append_rejected(replies_, number, reason);
}

void sender_session::say_closing(std::string_view reason) {
  protocol_->append_closing(replies_, reason);
}

} // namespace tickmesh
