// The brokers outside of an execution slot: which sessions are to be opened, what goes to their
// gateways, and what comes from them. Plain class behind exec_slot; `Gateway` is whatever work is
// sent to.
//
//   event_sequencer <--> gateway_venue (one per broker) <--> gateway_desk <--> gateways
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/broker_news.hpp"
#include "actors/execution/gateways/gateway_venue.hpp"
#include "actors/execution/sequencer/event_sequencer.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tickmesh {

template <class Gateway>
class gateway_desk {
public:
  /// A session that its gateway is to open.
  struct session_wish {
    const Gateway& gateway;
    std::uint64_t session = 0;
    bool cancel_on_disconnect = false;
  };

  /// Puts the brokers outside, of these settings, behind venues of their own.
  void connect(const execution_settings& settings, event_sequencer& sequencer) {
    auto brokers = settings.all_brokers();
    for (std::size_t i = 0; i < brokers.size(); ++i) {
      if (!settings.is_external(brokers[i])) continue;
      broker_id id{static_cast<broker_id::rep>(i)};
      auto venue = std::make_unique<gateway_venue>(brokers[i].kind == broker_kind::sim);
      brokers_.insert_or_assign(id, outside_broker{brokers[i], venue.get(), std::nullopt});
      sequencer.replace_venue(id, std::move(venue));
    }
  }

  bool empty() const { return brokers_.empty(); }

  /// The settings of each, by its id.
  std::map<broker_id, broker_settings> brokers() const {
    std::map<broker_id, broker_settings> out;
    for (auto& [id, broker] : brokers_)
      out.emplace(id, broker.settings);
    return out;
  }

  /// A gateway runs, for the first time or again. Precondition: connect() has put the broker there.
  session_wish start(broker_id id, Gateway gateway, bool is_restart) {
    auto& broker = brokers_.at(id);
    if (is_restart) broker.venue->lose_session("its gateway crashed");
    broker.gateway = std::move(gateway);
    return begin_session(broker);
  }

  /// What a gateway says of a session; false for a broker that is none of these. The steps of
  /// sessions are logged in the name of `slot`.
  bool take_news(const std::string& slot, broker_id id, std::uint64_t session,
                 std::uint32_t works_taken, std::vector<venue_news> news) {
    auto found = brokers_.find(id);
    if (found == brokers_.end()) return false;
    for (auto& what : news)
      if (auto* event = std::get_if<broker_event>(&what))
        log_step(slot, found->second.settings.name, *event);
    found->second.venue->take_news(session, works_taken, std::move(news));
    return true;
  }

  /// Calls `open` with each session that is to begin anew, for the one before was lost in here and
  /// what was left of it has been taken; and `give` with a gateway, its session and the work for
  /// it.
  template <class Open, class Give>
  void hand_over(const Open& open, const Give& give) {
    for (auto& [id, broker] : brokers_) {
      auto& venue = *broker.venue;
      if (broker.gateway && !venue.has_begun() && !venue.has_news()) open(begin_session(broker));
      auto session = venue.session();
      auto work = venue.take_work();
      if (!work.empty()) give(*broker.gateway, session, std::move(work));
    }
  }

  /// What has not been passed on: `gateway/ctp/news_lost`.
  void count(std::map<std::string, std::uint64_t>& counts) const {
    for (auto& [id, broker] : brokers_) {
      auto& of = broker.venue->counts();
      auto prefix = fmt::format("gateway/{}/", broker.settings.name);
      counts[prefix + "orders_not_sent"] = of.orders_not_sent;
      counts[prefix + "requests_dropped"] = of.requests_dropped;
      counts[prefix + "news_lost"] = of.news_lost;
      counts[prefix + "marks_merged"] = of.marks_merged;
    }
  }

private:
  struct outside_broker {
    broker_settings settings;
    gateway_venue* venue = nullptr; // the sequencer's
    std::optional<Gateway> gateway; // once it runs
  };

  static session_wish begin_session(outside_broker& broker) {
    auto session = broker.venue->begin_session();
    return {*broker.gateway, session, broker.settings.cancel_on_disconnect};
  }

  static void log_step(const std::string& slot, const std::string& broker,
                       const broker_event& event) {
    bool is_answer =
        event.news == broker_news::probe_answered || event.news == broker_news::executions_told;
    if (is_answer) return;
    auto level = event.news == broker_news::session_down ? log_level::warn : log_level::info;
    log_at(level, "{}: broker {}: {}{}{}", slot, broker,
           broker_news_names[static_cast<std::size_t>(event.news)], event.text.empty() ? "" : ": ",
           event.text);
  }

  std::map<broker_id, outside_broker> brokers_;
};

} // namespace tickmesh
