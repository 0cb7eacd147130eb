// How far the session with each broker has come, by what the brokers have said. Part of
// trading_state; shown by `tickmesh status`.
#pragma once

#include "actors/execution/events/broker_news.hpp"
#include "messages/timestamp.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct broker_session {
  std::optional<broker_news> step{}; ///< the last one that was said; nothing: none was
  timestamp since{};                 ///< event time at which it was first said
  std::int32_t trading_day = 0;      ///< yyyymmdd, the last that the broker has said; 0: none
  std::string text{};                ///< said with the step
  template <class Archive>
  void persist(Archive& archive) {
    archive(step, since, trading_day, text);
  }
  friend bool operator==(const broker_session&, const broker_session&) = default;
};

/// Of one broker, by its name.
struct session_row {
  std::string broker;
  broker_session session;
  friend bool operator==(const session_row&, const session_row&) = default;
};

class broker_sessions {
public:
  void note(const broker_event& said, timestamp at) {
    if (brokers_.size() <= said.broker.value) brokers_.resize(said.broker.value + 1ULL);
    auto& session = brokers_[said.broker.value];
    if (said.trading_day > 0) session.trading_day = said.trading_day;
    bool is_answer =
        said.news == broker_news::probe_answered || said.news == broker_news::executions_told;
    if (is_answer) return;
    if (session.step != said.news) session.since = at;
    session.step = said.news;
    session.text = said.text;
  }

  broker_session of(broker_id broker) const {
    return broker.value < brokers_.size() ? brokers_[broker.value] : broker_session{};
  }

  template <class Archive>
  void persist(Archive& archive) {
    archive(brokers_);
  }

private:
  std::vector<broker_session> brokers_; ///< by id, as far as one has said something
};

} // namespace tickmesh
