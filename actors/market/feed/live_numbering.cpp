#include "actors/market/feed/live_numbering.hpp"

#include "messages/exchange_clock.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

bool is_near_day(std::int32_t trading_day, std::int32_t today) {
  return trading_day <= live_day_max && day_of(trading_day) <= day_of(today) + trading_day_lead_max;
}

result<void> live_numbering::begin_day(std::int32_t day) {
  if (day < at_.day)
    return fail(fmt::format("day {} is before {}, whose records are logged already: its numbers "
                            "are closed",
                            day, at_.day));
  is_declared_ = true;
  if (day == at_.day) return {};
  at_ = {day, 0};
  last_ = 0;
  return {};
}

/// Numbers that were logged may come again, from any of them on. A file's first record is its
/// second line, so that a day may begin with 2.
result<void> live_numbering::check_follows(std::uint64_t number) const {
  auto next = (last_ > 0 ? last_ : at_.number) + 1;
  bool begins = last_ == 0 && at_.number == 0;
  bool follows = last_ > 0 ? number == next : number <= next || (begins && number == 2);
  if (follows) return {};
  return fail(fmt::format("position {} does not follow on: {}{} is expected; where those before it "
                          "are lost for good, say gap,{},{} first",
                          number, next, begins ? " (or 2, behind a header)" : "", next,
                          number - 1));
}

result<source_position> live_numbering::take(std::uint64_t number, std::int32_t trading_day) {
  bool begins_again =
      !is_declared_ && !had_record_ && number <= at_.number && trading_day > at_.day;
  // Numbers without a day are of a sender that has yet to tell of one.
  if (begins_again) at_ = {trading_day, 0};
  if (auto follows = check_follows(number); !follows) return tl::make_unexpected(follows.error());
  last_ = number;
  had_record_ = had_record_ || trading_day != 0;
  if (!is_declared_ && number > at_.number) at_.day = std::max(at_.day, trading_day);
  at_.number = std::max(at_.number, number);
  return to_source_position({at_.day, number});
}

result<source_position> live_numbering::take_gap(std::uint64_t first, std::uint64_t last) {
  if (auto follows = check_follows(first); !follows) return tl::make_unexpected(follows.error());
  last_ = last;
  at_.number = std::max(at_.number, last);
  return to_source_position({at_.day, last});
}

} // namespace tickmesh
