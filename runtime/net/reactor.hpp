// The loop of a host: one thread serves sockets, timers and actors, so that a message passes from
// one socket to another without a switch of threads. CAF's broker runs on it, unchanged; the
// sockets are connections and listeners of our own, which CAF sees through `scribe` and `doorman`.
//
//   other threads ──> job_queue ─┐
//   reactor_clock ───────────────┼─> actors ─> connections: what they wrote is sent
//   epoll ─> connections ─> BASP ┘             when no actor has anything to do
#pragma once

#include "runtime/net/event_wait.hpp"
#include "runtime/net/network_settings.hpp"
#include "runtime/net/network_traffic.hpp"
#include "runtime/net/packet_check.hpp"
#include "runtime/net/peer_user.hpp"
#include "runtime/net/pollable.hpp"
#include "runtime/net/reactor_scheduler.hpp"
#include "runtime/net/tls_credentials.hpp"
#include "runtime/telemetry/log_burst.hpp"

#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>

#include <sys/epoll.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tickmesh {

class connection;

class reactor final : public caf::io::network::multiplexer {
public:
  using instant = pollable::instant;

  /// `serves_timers`: those of `work` are this loop's, too.
  reactor(caf::actor_system* system, std::shared_ptr<reactor_work> work, bool serves_timers,
          network_settings settings, std::shared_ptr<tls_credentials> credentials);
  ~reactor() override;

  caf::io::scribe_ptr new_scribe(caf::io::network::native_socket socket) override;
  caf::expected<caf::io::scribe_ptr> new_tcp_scribe(const std::string& host,
                                                    std::uint16_t port) override;
  caf::io::doorman_ptr new_doorman(caf::io::network::native_socket socket) override;
  caf::expected<caf::io::doorman_ptr> new_tcp_doorman(std::uint16_t port, const char* address,
                                                      bool reuse_address) override;
  /// Whether a node has shown a certificate with this name; true where connections are plain. From
  /// any thread.
  bool is_named(const caf::node_id& node, const std::string& name) const;
  void exec_later(caf::resumable* job) override { work_->push(job); }
  supervisor_ptr make_supervisor() override;
  bool try_run_once() override;
  void run_once() override;
  void run() override; ///< until the supervisor is gone and every socket is closed
  void end_jobs();     ///< of a loop that is over

  // Nothing of tickmesh talks by datagrams.
  caf::io::datagram_servant_ptr new_datagram_servant(caf::io::network::native_socket) override;
  caf::io::datagram_servant_ptr
  new_datagram_servant_for_endpoint(caf::io::network::native_socket,
                                    const caf::io::network::ip_endpoint&) override;
  caf::expected<caf::io::datagram_servant_ptr> new_remote_udp_endpoint(const std::string&,
                                                                       std::uint16_t) override;
  caf::expected<caf::io::datagram_servant_ptr> new_local_udp_endpoint(std::uint16_t, const char*,
                                                                      bool) override;

  // For connections and listeners, in the loop's thread.

  /// Watches for `events`, and holds on to `owner`, of which `what` is a part.
  void watch(pollable& what, caf::io::network::manager& owner, std::uint32_t events);
  void change(pollable& what, std::uint32_t events);
  void forget(pollable& what);
  void set_deadline(pollable& what, std::chrono::milliseconds after);
  /// Its `send_now()` is called when this turn's actors have run.
  void note_written(connection& whose);
  /// What bytes are received into, one connection at a time.
  std::vector<char>& receive_buffer() { return receive_buffer_; }
  /// An accepted connection begins; false when it is one too many. The oldest unfinished handshake
  /// gives way to a new one.
  bool admit(connection& next);
  void note_established(connection& which);
  void note_closed(connection& which);

  const network_settings& settings() const { return settings_; }
  packet_limits packets() const;
  network_traffic& traffic() { return traffic_; }
  /// `peer` is what the other end was reached by; an accepted one has none.
  caf::intrusive_ptr<connection> make_connection(file_descriptor socket, connection_end end,
                                                 const std::string& peer);
  /// The names in the certificate of a node, and its connection.
  void note_names(const connection& of, const caf::node_id& node, std::vector<std::string> names);

  /// Fails where the other end belongs to a user who is not let in.
  result<void> check_user(int socket);
  /// Keeps what is refused from flooding the log.
  log_burst& refusals() { return refusals_; }

private:
  bool is_needed() const { return is_supervised_ || !watched_.empty(); }
  void turn(bool may_wait);
  void wait_for_events(bool may_wait);
  void send_written();
  void check_deadlines(instant now);

  std::shared_ptr<reactor_work> work_;
  bool serves_timers_;
  network_settings settings_;
  std::shared_ptr<tls_credentials> credentials_; ///< null where connections are plain
  mutable std::mutex names_mutex_;
  struct named_node {
    caf::node_id node;
    std::vector<std::string> names;
  };
  std::map<const connection*, named_node> names_; ///< guarded by names_mutex_
  network_traffic traffic_;
  log_burst refusals_{settings_.log_interval};
  peer_users users_;
  file_descriptor epoll_;
  event_wait wait_;
  bool is_supervised_ = false;
  std::map<pollable*, caf::intrusive_ptr<caf::io::network::manager>> watched_;
  /// Forgotten in this turn; events of theirs may still be on the list.
  std::vector<caf::intrusive_ptr<caf::io::network::manager>> leaving_;
  std::array<epoll_event, 64> events_{};
  std::vector<connection*> unfinished_; ///< handshakes, the oldest first
  std::set<connection*> accepted_;      ///< that are not closed
  std::optional<instant> next_deadline_;
  std::vector<char> receive_buffer_;
  std::vector<caf::io::scribe_ptr> written_;
  std::vector<caf::io::scribe_ptr> sending_;
};

/// Precondition: load_reactor was called for the system's configuration.
reactor& reactor_of(caf::actor_system& system);

/// Makes the reactor the network of the actor system, and with scheduler_kind::reactor its
/// scheduler too.
/// `credentials`: null where connections are plain.
void load_reactor(caf::actor_system_config& config, scheduler_kind scheduler, std::size_t threads,
                  const network_settings& settings, std::shared_ptr<tls_credentials> credentials);

} // namespace tickmesh
