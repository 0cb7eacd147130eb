// Signals on their way out of a calculation slot, with the time mark behind them: gathers what the
// pieces have led to, and cuts it into frames. That of a replica is never sent before it becomes
// the owner's, and forgets what execution is done with. Plain class behind calc_slot.
#pragma once

#include "actors/calc/slot/calc_position.hpp"
#include "messages/signal.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <span>
#include <vector>

namespace tickmesh {

class signal_outbox {
public:
  /// A frame holds at most so many signals.
  explicit signal_outbox(std::size_t frame_signals_max) : frame_signals_max_(frame_signals_max) {}

  void add(std::span<const signal> signals) {
    signals_.insert(signals_.end(), signals.begin(), signals.end());
  }

  /// What was added since the last call came of this piece.
  void close_piece(const piece_origin& origin) {
    position_.take(origin);
    if (auto count = signals_.size() - in_pieces_; count > 0) pieces_.push_back({origin, count});
    in_pieces_ = signals_.size();
    drop_safe();
  }
  /// Of the last piece.
  const calc_position& position() const { return position_; }

  /// Execution is done with the signals up to there, those to come included: they need not be sent.
  void forget(const calc_position& safe) {
    safe_ = safe;
    drop_safe();
  }

  /// Every signal before `mark` was added; where `final` is true, all were.
  void cover(timestamp mark, bool final) {
    mark_ = std::max(mark_, mark);
    is_final_ = is_final_ || final;
  }

  /// Signals that have not been sent.
  std::size_t size() const { return signals_.size(); }
  /// Whether there are any, or their mark has moved, or the end has not been sent.
  bool has_news() const { return !signals_.empty() || mark_ != sent_mark_ || final_is_due(); }

  /// Notes when what is unsent leaves, on the sending host's clock.
  void stamp(std::int64_t sent_ns) {
    for (auto& s : signals_)
      s.sent_ns = sent_ns;
  }

  /// Calls `send` with the signals of each frame, its mark, whether it is the last of all, and
  /// whether nothing is left unsent behind it, until that returns false. The mark covers all
  /// signals, so it goes with the last of them. Precondition: has_news().
  template <class Send>
  void send(const Send& send) {
    std::span<const signal> rest{signals_};
    bool final = final_is_due();
    do {
      auto part = rest.first(std::min(rest.size(), frame_signals_max_));
      rest = rest.subspan(part.size());
      bool is_last = rest.empty();
      if (!send(part, is_last ? mark_ : sent_mark_, is_last && final, is_last)) return;
    } while (!rest.empty());
    signals_.clear();
    pieces_.clear();
    in_pieces_ = 0;
    sent_mark_ = mark_;
    has_ended_ = has_ended_ || final;
  }

  /// The end has been sent.
  bool has_ended() const { return has_ended_; }

private:
  void drop_safe() {
    std::size_t count = 0;
    for (; !pieces_.empty() && safe_.covers(pieces_.front().origin); pieces_.pop_front())
      count += pieces_.front().signals;
    signals_.erase(signals_.begin(), signals_.begin() + static_cast<std::ptrdiff_t>(count));
    in_pieces_ -= count;
  }

  bool final_is_due() const { return is_final_ && !has_ended_; }

  struct piece_signals {
    piece_origin origin;
    std::size_t signals = 0;
  };

  std::size_t frame_signals_max_;
  std::vector<signal> signals_;
  std::deque<piece_signals> pieces_; // that they came of
  std::size_t in_pieces_ = 0;        // signals
  calc_position position_;
  calc_position safe_; // that execution is done with
  timestamp mark_{};   // that covers them
  timestamp sent_mark_{};
  bool is_final_ = false;
  bool has_ended_ = false;
};

} // namespace tickmesh
