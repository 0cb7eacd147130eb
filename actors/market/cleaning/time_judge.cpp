#include "actors/market/cleaning/time_judge.hpp"

#include <algorithm>

namespace tickmesh {

void time_judge::push(const tick& record, bool is_trusted) {
  held_.push_back({record, is_trusted});
}

bool time_judge::pop(tick& out) {
  return take(out, {});
}

bool time_judge::pop_settled(tick& out, timestamp latest) {
  return take(out, latest);
}

bool time_judge::take(tick& out, std::optional<timestamp> settled_up_to) {
  if (held_.empty()) return false;
  auto& front = held_.front();
  auto stamp = front.record.event_time;
  bool counts = front.is_trusted || !is_ahead(stamp);
  if (counts) {
    passed_count_ = 0; // whoever passed ahead of this was not confirmed by it
  } else {
    auto [agree, disagree] = count_opinions();
    bool is_confirmed = agree >= settings_.confirm_count;
    bool is_refuted = !is_confirmed && disagree + 1 >= std::max(settings_.confirm_count, 2U);
    if (!is_confirmed && !is_refuted) {
      if (!settled_up_to) return false;
      is_refuted = disagree > agree - 1 || stamp > *settled_up_to;
    }
    counts = is_confirmed;
    front.record.is_time_jump = is_refuted;
    if (!is_confirmed && !is_refuted) { // passes, though nobody agrees yet
      passed_from_ = passed_count_ == 0 ? stamp : std::min(passed_from_, stamp);
      ++passed_count_;
    }
  }
  if (counts) source_time_ = std::max(source_time_, stamp);
  out = front.record;
  held_.pop_front();
  return true;
}

bool time_judge::is_ahead(timestamp stamp) const {
  return source_time_ == timestamp{} || stamp - source_time_ > settings_.max;
}

/// Of the record at the front: stamps up there, its own included, and stamps behind it; up to the
/// first that settles the question.
time_judge::opinions time_judge::count_opinions() const {
  auto stamp = held_.front().record.event_time;
  opinions out{.agree = 1};
  if (passed_count_ > 0 && stamp >= passed_from_ - settings_.max) out.agree += passed_count_;
  for (std::size_t i = 1; i < held_.size(); ++i) {
    if (out.agree >= settings_.confirm_count ||
        out.disagree + 1 >= std::max(settings_.confirm_count, 2U))
      break;
    ++(held_[i].record.event_time >= stamp - settings_.max ? out.agree : out.disagree);
  }
  return out;
}

} // namespace tickmesh
