// A broker outside the process, as the sequencer sees it: commands wait here until the slot hands
// them to the broker's gateway, news until the sequencer takes them. Plain class behind exec_slot.
//
//   event_sequencer --commands--> gateway_venue --take_work--> exec_slot --> gateway
//   event_sequencer <----news---- gateway_venue <-take_news-- exec_slot <-- gateway
#pragma once

#include "actors/execution/venues/order_venue.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct gateway_limits {
  /// Commands that the gateway has not taken in hand; at so many an order is not sent. Others,
  /// which are needed to bring orders to an end, may be as many again.
  std::size_t commands_max = 4'096;
  /// News that the sequencer has not taken; beyond, the session counts as lost, and so is what was
  /// said in it: all that is open is asked for when it is opened anew.
  std::size_t news_max = 65'536;
  /// Marks that the gateway has not been given; beyond (or twice as many as there are
  /// symbols), each symbol's last one stands for all.
  std::size_t marks_max = 4'096;
};

struct gateway_counts {
  std::uint64_t orders_not_sent = 0;  ///< without a session, or without room: said so by a report
  std::uint64_t requests_dropped = 0; ///< others; their time-outs ask again
  std::uint64_t news_lost = 0;        ///< beyond news_max, or of an older session
  std::uint64_t marks_merged = 0;     ///< beyond marks_max
};

class gateway_venue final : public order_venue {
public:
  /// `takes_marks`: the gateway works orders by the marks that the slot takes.
  explicit gateway_venue(bool takes_marks = false, const gateway_limits& limits = {});

  bool is_external() const override { return true; }
  void submit(const order_request& request, timestamp now) override;
  void request_cancel(const cancel_request& request, timestamp now) override;
  void request_replace(const replace_request& request, timestamp now) override;
  void query(const status_query& request, timestamp now) override;
  void probe(timestamp now) override;
  void request_snapshot(timestamp now) override;
  void request_executions(timestamp since, timestamp now) override;
  void on_mark(const market_mark& mark) override;
  /// By arrival only: the beginning of time while there is news.
  std::optional<timestamp> next_time() const override;
  std::optional<venue_news> take_next() override;

  /// What is to go to the gateway, and counts as on its way from now on; empty when there is
  /// nothing.
  struct work {
    std::vector<venue_command> commands;
    std::vector<market_mark> marks;
    bool empty() const { return commands.empty() && marks.empty(); }
  };
  work take_work();

  /// A session is asked for; returns its number. What was on its way to the gateway is forgotten:
  /// whether the broker has it is not known.
  std::uint64_t begin_session();
  /// The gateway is gone.
  void lose_session(std::string why);
  /// False while a session is to be begun, and after it was lost in here.
  bool has_begun() const { return has_begun_; }
  /// News of a session; those of another than the present one are dropped.
  void take_news(std::uint64_t session, std::uint32_t works_taken, std::vector<venue_news> news);

  std::uint64_t session() const { return session_; }
  bool has_session() const { return is_up_; }
  bool has_news() const { return !news_.empty(); }
  const gateway_counts& counts() const { return counts_; }

private:
  void request(venue_command command);
  void say(venue_news news);
  void refuse_waiting();
  void end_session(std::string why);

  bool takes_marks_;
  gateway_limits limits_;
  std::uint64_t session_ = 0;
  bool has_begun_ = false;
  bool is_up_ = false;
  std::vector<venue_command> commands_;
  std::vector<market_mark> marks_;
  std::size_t merge_marks_at_; ///< so many marks
  struct given_work {
    std::size_t commands = 0;
    bool has_marks = false;
  };
  std::deque<given_work> given_;   ///< to the gateway, and not taken in hand
  std::size_t commands_given_ = 0; ///< among them
  bool marks_are_given_ = false;   ///< one lot of marks at a time
  std::deque<venue_news> news_;
  gateway_counts counts_;
};

} // namespace tickmesh
