#include "tests/simulation/cluster/live_source.hpp"

#include "messages/exchange_clock.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {

class live_source::cursor_feed final : public feed {
public:
  cursor_feed(std::shared_ptr<const live_source> source, const resume_points& from)
      : source_(std::move(source)), cursor_(open_cursor(source_->cursors_, from)) {}
  cursor_feed(const cursor_feed&) = delete;
  cursor_feed& operator=(const cursor_feed&) = delete;
  ~cursor_feed() override { source_->cursors_.close(cursor_); }

  feed_event next(tick& out) override { return source_->cursors_.next(*cursor_, out, mark_); }
  timestamp time_mark() const override { return mark_; }
  source_position position() const override { return source_->cursors_.position(*cursor_); }
  void select(const std::vector<bool>& own) override { own_ = own; }
  void on_arrival(std::function<void()> wake) override {
    source_->cursors_.on_arrival(*cursor_, std::move(wake));
  }
  void acknowledge(source_id, source_position position) override {
    source_->cursors_.acknowledge(*cursor_, position);
    source_->acknowledged(own_, position);
  }

private:
  std::shared_ptr<const live_source> source_;
  socket_cursors::cursor* cursor_;
  std::vector<bool> own_;
  timestamp mark_{};
};

live_source::live_source(source_settings settings, std::shared_ptr<const feed_source> market,
                         accepted_listener on_accepted)
    : settings_(std::move(settings)), market_(std::move(market)),
      on_accepted_(std::move(on_accepted)), cursors_(settings_, [] {}) {}

std::unique_ptr<feed> live_source::open(const resume_points& from) const {
  return std::make_unique<cursor_feed>(shared_from_this(), from);
}

void live_source::connect() {
  last_words_.clear();
  session_.emplace(settings_.socket, cursors_.resume());
  has_begun_ = false;
  source_time_ = cursors_.source_time();
}

void live_source::take(const sender_item& item) {
  auto& session = *session_;
  if (!std::exchange(has_begun_, true))
    if (auto begun = session.begin(item, {}, cursors_.resume().after); !begun)
      return close(begun.error().message);
  auto before = session.reached();
  auto day = item.is == sender_item::kind::record ? item.record.trading_day : 0;
  auto placed = session.place(item, day, utc_date(settings_.sim.start));
  if (!placed) return close(placed.error().message);
  if (auto taken = take_placed(item, before, *placed); !taken) close(taken.error().message);
}

result<void> live_source::take_placed(const sender_item& item, source_position before,
                                      source_position at) {
  using enum sender_item::kind;
  if (item.is == end) cursors_.push_end();
  if (item.is == gap) cursors_.skip({at, before});
  if (item.is == mark) cursors_.push_mark(item.mark);
  if (item.is != record) return {};
  auto given = item.record;
  given.source = source_id{};
  given.position = source_position{item.number};
  source_time_ = std::max(source_time_, given.event_time);
  if (cursors_.push(given, {at, before}, source_time_) == socket_cursors::taken::ended)
    return fail("the record lies behind the end of the feed");
  return {};
}

/// A cursor that was opened meanwhile may need what this sender has passed.
std::string live_source::take_replies() {
  if (!session_) return std::exchange(last_words_, {});
  session_->acknowledge(cursors_.acknowledged());
  if (cursors_.is_open() && cursors_.resume().after < session_->reached()) {
    close("a data slot needs what lies before");
    return std::exchange(last_words_, {});
  }
  return std::exchange(session_->replies(), {});
}

void live_source::end_life() {
  on_accepted_ = nullptr;
  session_.reset();
}

void live_source::close(std::string_view reason) {
  session_->say_closing(reason);
  last_words_ = std::move(session_->replies());
  session_.reset();
}

void live_source::acknowledged(const std::vector<bool>& own, source_position position) const {
  if (on_accepted_) on_accepted_(own, position);
}

} // namespace tickmesh
