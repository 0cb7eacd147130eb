// The client's end of subscriptions: finds the owners of the wanted symbols through the control
// host, takes their ticks, and goes on with the next owner where one is lost. Blocks its thread.
#pragma once

#include "apps/results/stream_rows.hpp"
#include "messages/caf_types.hpp"
#include "messages/proto/cluster.pb.h"
#include "messages/slot.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

struct tick_subscriber_options {
  endpoint control;
  std::chrono::milliseconds timeout{}; ///< of each answer
  std::vector<std::string> symbols;
  bool skip_history = false;            ///< ticks from now on, in place of all that are needed
  std::optional<sequence> from{};       ///< first number of the rows; above 1: it is told if beyond
  std::chrono::milliseconds patience{}; ///< for a cluster that forms, and for a lost owner
};

/// Takes text to be printed. False: nobody reads it any more. Fails when it can't be written.
using text_writer = std::function<result<bool>(std::string_view)>;

class tick_subscriber {
public:
  explicit tick_subscriber(caf::actor_system& system);

  /// Asks for a status until the cluster has a view. Fails when there is no control host, when the
  /// cluster ends, and when `patience` is over; `timeout` is of each answer. Nothing: stop() came.
  result<std::optional<wire::Status>> wait_for_view(const endpoint& control,
                                                    std::chrono::milliseconds timeout,
                                                    std::chrono::milliseconds patience);

  /// Prints the rows until the streams of all slots have ended, `rows` is full, the reader is gone
  /// or stop() comes. `view` is a status with the list of symbols, all of which it knows. `print`
  /// is handed the header as soon as a slot has granted a subscription.
  result<void> run(const tick_subscriber_options& options, const wire::Status& view,
                   stream_rows& rows, const text_writer& print);

  /// Ends what goes on, from any thread.
  std::function<void()> stop() const;

private:
  using instant = std::chrono::steady_clock::time_point;

  /// The subscription at one data slot.
  struct slot_stream {
    slot_name slot{};
    std::vector<std::size_t> symbols; ///< places in the list of wanted ones
    std::vector<std::uint32_t> ids;   ///< their dense ids
    caf::actor owner;                 ///< null: to be found
    caf::actor sender;                ///< null: not granted
    std::uint64_t ticket = 0;
    std::uint64_t frame = 0;        ///< number of the last one
    std::uint64_t record = 0;       ///< where to go on
    std::uint64_t start_record = 0; ///< the last one when the first subscription was granted
    bool was_granted = false;
    bool was_told = false; ///< that what is wanted is not there yet, if so
    bool final = false;
    timestamp time_mark{};
    instant lost_at{}; ///< or never found until now
    instant next_try{};
    instant answer_due{};
    std::string problem; ///< of the last try
  };

  void make_streams(const wire::Status& view);
  result<void> connect_lost();
  result<void> connect(slot_stream& stream, const wire::Status& status);
  void lose(slot_stream& stream, std::string problem);
  void receive_one();
  void take_answer(const subscription_answer& answer);
  void tell_of_waiting(slot_stream& stream, const subscription_answer& answer);
  void take_frame(subscription_frame& frame);
  result<void> take_ticks(slot_stream& stream, const subscription_frame& frame);
  void take_down(const caf::down_msg& down);
  void print_text();
  bool is_over() const;

  caf::actor_system& system_;
  caf::scoped_actor self_;
  tick_subscriber_options options_;
  stream_rows* rows_ = nullptr;
  const text_writer* print_ = nullptr;
  std::vector<slot_stream> streams_;
  std::uint64_t last_ticket_ = 0;
  std::optional<instant> control_lost_;
  timestamp advanced_to_{};
  bool header_printed_ = false;
  bool stopped_ = false;     ///< stop() came
  bool reader_gone_ = false; ///< what prints says so
  std::optional<fault> fault_;
  tick_frame_view view_;
  std::string text_;
};

} // namespace tickmesh
