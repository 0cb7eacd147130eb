// Questions of other hosts for the actors of slots that do not run here, or not yet. Plain class
// behind host_agent.
#pragma once

#include "messages/numbers.hpp"
#include "messages/slot.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace tickmesh {

/// What is known of a slot here, for somebody who asks for it.
enum class slot_presence {
  here,    ///< it runs
  awaited, ///< it may come
  over,    ///< the owner that was asked for is no more
};

/// `Promise` is how to answer.
template <class Promise>
class slot_queries {
public:
  struct query {
    slot_name slot{};
    epoch since{}; ///< of the owner that is meant; 0: whichever it is
    Promise answer;
  };

  /// Keeps a question. The oldest one, where there are more than `max`: it is to be refused.
  std::optional<query> add(query asked, std::size_t max) {
    waiting_.push_back(std::move(asked));
    if (waiting_.size() <= max) return std::nullopt;
    auto oldest = std::move(waiting_.front());
    waiting_.pop_front();
    return oldest;
  }

  /// Takes out those that `judge` does not call awaited, and gives each to `answer` with that.
  template <class Judge, class Answer>
  void settle(const Judge& judge, const Answer& answer) {
    for (auto& asked : std::exchange(waiting_, {})) {
      auto presence = judge(asked.slot, asked.since);
      if (presence == slot_presence::awaited)
        waiting_.push_back(std::move(asked));
      else
        answer(asked, presence);
    }
  }

  std::size_t size() const { return waiting_.size(); }

private:
  std::deque<query> waiting_; ///< oldest first
};

} // namespace tickmesh
