#include "actors/execution/journal/journal_walk.hpp"

#include <fmt/format.h>

#include <utility>

namespace tickmesh {

result<const logged_events*> journal_walk::next(std::uint64_t through) {
  if (std::exchange(seeks_, false))
    if (auto done = reader_.seek(last_event_ + 1); !done) return tl::make_unexpected(done.error());
  auto record = reader_.next();
  if (!record) return tl::make_unexpected(record.error());
  record_ = *record;
  if (record_ == nullptr) return nullptr;
  seeks_ = record_->last() > through;
  if (seeks_) return nullptr;
  auto expected = std::exchange(begins_anywhere_, false) ? record_->first : last_event_ + 1;
  if (record_->first > expected)
    return fault_here(fmt::format("the events from {} to {} are not kept any more", expected,
                                  record_->first - 1));
  if (record_->first < expected)
    return fault_here(
        fmt::format("event {} stands where event {} is expected", record_->first, expected));
  if (auto done = decoder_.decode(*record_, logged_); !done)
    return fault_here(done.error().message);
  last_event_ = record_->last();
  return &logged_;
}

tl::unexpected<fault> journal_walk::fault_here(std::string_view what) const {
  return fail(fmt::format("{}: offset {}: {}", reader_.file().string(), reader_.offset(), what));
}

} // namespace tickmesh
