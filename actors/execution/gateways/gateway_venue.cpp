#include "actors/execution/gateways/gateway_venue.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

namespace tickmesh {

namespace {

/// Keeps of each symbol the last mark that has a book, in the order of their arrival.
std::size_t merge_marks(std::vector<market_mark>& marks) {
  std::map<symbol_id, std::size_t> last;
  for (std::size_t i = 0; i < marks.size(); ++i)
    last[marks[i].symbol] = i;
  std::size_t kept = 0;
  auto before = marks.size();
  for (std::size_t i = 0; i < before; ++i)
    if (last[marks[i].symbol] == i) marks[kept++] = marks[i];
  marks.resize(kept);
  return before - kept;
}

} // namespace

gateway_venue::gateway_venue(bool takes_marks, const gateway_limits& limits)
    : takes_marks_(takes_marks), limits_(limits), merge_marks_at_(limits.marks_max) {
  // What the log says of an earlier life's session holds no more.
  say(broker_event{.news = broker_news::session_down, .text = "not opened yet"});
}

void gateway_venue::submit(const order_request& request, timestamp now) {
  bool has_room = commands_.size() + commands_given_ < limits_.commands_max;
  if (is_up_ && has_room) {
    commands_.emplace_back(request);
    return;
  }
  ++counts_.orders_not_sent;
  say(execution_report{.id = {request.id, 0},
                       .order = request.id,
                       .kind = report_kind::rejected,
                       .status = order_status::rejected,
                       .time = now,
                       .refusal = refusal_cause::not_taken,
                       .text = is_up_ ? "too many commands wait for the gateway" : "no session"});
}

void gateway_venue::request_cancel(const cancel_request& wish, timestamp) {
  request(wish);
}

void gateway_venue::request_replace(const replace_request& wish, timestamp) {
  request(wish);
}

void gateway_venue::query(const status_query& wish, timestamp) {
  request(wish);
}

void gateway_venue::probe(timestamp) {
  request(broker_probe{});
}

void gateway_venue::request_snapshot(timestamp) {
  request(snapshot_request{});
}

void gateway_venue::request_executions(timestamp since, timestamp) {
  request(executions_request{.since = since});
}

void gateway_venue::request(venue_command command) {
  bool has_room = commands_.size() + commands_given_ < 2 * limits_.commands_max;
  if (is_up_ && has_room)
    commands_.push_back(std::move(command));
  else
    ++counts_.requests_dropped;
}

void gateway_venue::on_mark(const market_mark& mark) {
  if (!takes_marks_ || !mark.has_book) return;
  if (marks_.size() >= merge_marks_at_) {
    counts_.marks_merged += merge_marks(marks_);
    merge_marks_at_ = std::max(limits_.marks_max, 2 * marks_.size());
  }
  marks_.push_back(mark);
}

std::optional<timestamp> gateway_venue::next_time() const {
  if (news_.empty()) return std::nullopt;
  return timestamp::min();
}

std::optional<venue_news> gateway_venue::take_next() {
  assert(!news_.empty());
  auto next = std::move(news_.front());
  news_.pop_front();
  return next;
}

gateway_venue::work gateway_venue::take_work() {
  if (!is_up_) return {};
  work out{.commands = std::exchange(commands_, {}), .marks = {}};
  if (!marks_are_given_) out.marks = std::exchange(marks_, {});
  if (out.empty()) return out;
  commands_given_ += out.commands.size();
  marks_are_given_ |= !out.marks.empty();
  given_.push_back({out.commands.size(), !out.marks.empty()});
  return out;
}

std::uint64_t gateway_venue::begin_session() {
  if (is_up_) end_session("opened anew");
  given_.clear();
  commands_given_ = 0;
  marks_are_given_ = false;
  has_begun_ = true;
  return ++session_;
}

void gateway_venue::lose_session(std::string why) {
  has_begun_ = false;
  if (is_up_) end_session(std::move(why));
}

void gateway_venue::take_news(std::uint64_t session, std::uint32_t works_taken,
                              std::vector<venue_news> news) {
  if (session != session_ || !has_begun_) {
    counts_.news_lost += news.size();
    return;
  }
  for (; works_taken > 0 && !given_.empty(); --works_taken) {
    commands_given_ -= given_.front().commands;
    if (given_.front().has_marks) marks_are_given_ = false;
    given_.pop_front();
  }
  for (std::size_t i = 0; i < news.size(); ++i) {
    if (news_.size() >= limits_.news_max) {
      counts_.news_lost += news.size() - i;
      return lose_session("more news than the slot can take");
    }
    if (auto* event = std::get_if<broker_event>(&news[i])) {
      if (event->news == broker_news::session_up) is_up_ = true;
      if (event->news == broker_news::session_down) {
        is_up_ = false;
        refuse_waiting();
      }
    }
    say(std::move(news[i]));
  }
}

void gateway_venue::say(venue_news news) {
  news_.push_back(std::move(news));
}

/// What was not handed over has certainly not left.
void gateway_venue::refuse_waiting() {
  for (auto& command : std::exchange(commands_, {}))
    if (auto* order = std::get_if<order_request>(&command)) submit(*order, {});
}

void gateway_venue::end_session(std::string why) {
  is_up_ = false;
  refuse_waiting();
  say(broker_event{.news = broker_news::session_down, .text = std::move(why)});
}

} // namespace tickmesh
