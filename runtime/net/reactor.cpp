#include "runtime/net/reactor.hpp"

#include "runtime/net/connect_failure.hpp"
#include "runtime/net/connection.hpp"
#include "runtime/net/listener.hpp"
#include "runtime/telemetry/log.hpp"

#include <caf/actor_registry.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <fmt/format.h>

#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <span>
#include <system_error>
#include <utility>

namespace tickmesh {

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

/// How long actors run before sockets have their turn.
constexpr std::chrono::microseconds actors_turn{500};
constexpr std::size_t receive_bytes = 256 << 10;

constexpr auto descriptor_failure = "the network of actors";

class reactor_supervisor final : public caf::io::network::multiplexer::supervisor {
public:
  explicit reactor_supervisor(std::function<void()> on_end) : on_end_(std::move(on_end)) {}
  ~reactor_supervisor() override { on_end_(); }

private:
  std::function<void()> on_end_;
};

class reactor_middleman final : public caf::io::middleman {
public:
  template <class... Parameters>
  explicit reactor_middleman(caf::actor_system& system, Parameters&&... parameters)
      : middleman(system), reactor_(&system, std::forward<Parameters>(parameters)...) {}

  caf::io::network::multiplexer& backend() override { return reactor_; }

  void stop() override {
    middleman::stop();
    reactor_.end_jobs();
  }

private:
  reactor reactor_;
};

} // namespace

reactor::reactor(caf::actor_system* system, std::shared_ptr<reactor_work> work, bool serves_timers,
                 network_settings settings, std::shared_ptr<tls_credentials> credentials)
    : multiplexer(system), work_(std::move(work)), serves_timers_(serves_timers),
      settings_(std::move(settings)), credentials_(std::move(credentials)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)), receive_buffer_(receive_bytes) {
  epoll_event wake{};
  wake.events = EPOLLIN | EPOLLET;
  if (!epoll_ ||
      ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, work_->jobs.wake_descriptor(), &wake) != 0)
    throw std::system_error{errno, std::generic_category(), descriptor_failure};
}

reactor::~reactor() = default;

caf::io::scribe_ptr reactor::new_scribe(caf::io::network::native_socket socket) {
  return make_connection(file_descriptor{socket}, connection_end::accepted, {});
}

caf::expected<caf::io::scribe_ptr> reactor::new_tcp_scribe(const std::string& host,
                                                           std::uint16_t port) {
  auto socket = connect_tcp(host, port, settings_.connect_timeout);
  if (!socket) return make_connect_failure(socket.error().message, socket.error().is_refused);
  // In the thread of whoever connects, not in the loop's.
  if (!settings_.other_users)
    if (auto good = peer_users{}.check(socket->number()); !good)
      return caf::make_error(caf::sec::runtime_error, good.error().message);
  return caf::io::scribe_ptr{make_connection(std::move(*socket), connection_end::connected, host)};
}

caf::io::doorman_ptr reactor::new_doorman(caf::io::network::native_socket socket) {
  return caf::make_counted<listener>(*this, file_descriptor{socket});
}

caf::expected<caf::io::doorman_ptr>
reactor::new_tcp_doorman(std::uint16_t port, const char* address, bool reuse_address) {
  auto socket = caf::io::network::new_tcp_acceptor_impl(port, address, reuse_address);
  if (!socket) return std::move(socket.error());
  return new_doorman(*socket);
}

reactor::supervisor_ptr reactor::make_supervisor() {
  is_supervised_ = true;
  return std::make_unique<reactor_supervisor>([this] { post([this] { is_supervised_ = false; }); });
}

void reactor::run() {
  // Timers to the microsecond; the system's default puts them off by up to 50.
  ::prctl(PR_SET_TIMERSLACK, 1);
  job_queue::guard here{work_->jobs};
  while (is_needed())
    turn(true);
  work_->jobs.run_all(*this);
}

void reactor::end_jobs() {
  // A scheduler that shares them still has some to run.
  if (serves_timers_) return;
  job_queue::guard here{work_->jobs};
  work_->jobs.close();
}

void reactor::run_once() {
  job_queue::guard here{work_->jobs};
  turn(true);
}

bool reactor::try_run_once() {
  job_queue::guard here{work_->jobs};
  turn(false);
  return false;
}

void reactor::turn(bool may_wait) {
  if (serves_timers_) work_->timers.trigger_expired_timeouts();
  bool has_more = work_->jobs.run(*this, actors_turn);
  send_written();
  if (next_deadline_) check_deadlines(steady_clock::now());
  // What has just run may have been the last.
  wait_for_events(may_wait && !has_more && is_needed());
  leaving_.clear();
}

void reactor::wait_for_events(bool may_wait) {
  std::optional<instant> due = next_deadline_;
  if (serves_timers_)
    if (auto timer = work_->timers.next_due()) due = due ? std::min(*due, *timer) : *timer;
  timespec timeout{};
  bool is_endless = may_wait && !due;
  if (may_wait && due) {
    auto left = std::max(nanoseconds{*due - steady_clock::now()}, nanoseconds{0});
    timeout.tv_sec = left / std::chrono::seconds{1};
    timeout.tv_nsec = (left % std::chrono::seconds{1}).count();
  }
  if (may_wait && !work_->jobs.begin_wait()) {
    is_endless = false;
    timeout = {};
  }
  auto count = wait_.wait(epoll_.number(), events_, is_endless ? nullptr : &timeout);
  work_->jobs.end_wait();
  for (auto& event : std::span{events_}.first(count))
    // None is that another thread has pushed a job.
    if (auto* what = static_cast<pollable*>(event.data.ptr); what != nullptr)
      what->on_events(event.events);
}

void reactor::send_written() {
  // Sending may end a connection, and CAF write to others then.
  while (!written_.empty()) {
    sending_.swap(written_);
    for (auto& each : sending_)
      static_cast<connection&>(*each).send_now();
    sending_.clear();
  }
}

void reactor::note_written(connection& whose) {
  written_.emplace_back(&whose);
}

void reactor::watch(pollable& what, caf::io::network::manager& owner, std::uint32_t events) {
  epoll_event wanted{};
  wanted.events = events;
  wanted.data.ptr = &what;
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, what.descriptor(), &wanted) != 0)
    throw std::system_error{errno, std::generic_category(), descriptor_failure};
  watched_.emplace(&what, &owner);
}

void reactor::change(pollable& what, std::uint32_t events) {
  epoll_event wanted{};
  wanted.events = events;
  wanted.data.ptr = &what;
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, what.descriptor(), &wanted);
}

void reactor::forget(pollable& what) {
  auto i = watched_.find(&what);
  if (i == watched_.end()) return;
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, what.descriptor(), nullptr);
  what.deadline.reset();
  leaving_.push_back(std::move(i->second));
  watched_.erase(i);
}

void reactor::set_deadline(pollable& what, std::chrono::milliseconds after) {
  what.deadline = steady_clock::now() + after;
  next_deadline_ = next_deadline_ ? std::min(*next_deadline_, *what.deadline) : *what.deadline;
}

void reactor::check_deadlines(instant now) {
  if (now < *next_deadline_) return;
  std::vector<pollable*> overdue;
  for (auto& [what, owner] : watched_)
    if (what->deadline && *what->deadline <= now) overdue.push_back(what);
  for (auto* what : overdue) {
    // One may end another; what is forgotten has no deadline, and lives until this turn is over.
    if (!what->deadline) continue;
    what->deadline.reset();
    what->on_deadline();
  }
  next_deadline_.reset();
  for (auto& [what, owner] : watched_)
    if (what->deadline)
      next_deadline_ =
          next_deadline_ ? std::min(*next_deadline_, *what->deadline) : *what->deadline;
}

caf::intrusive_ptr<connection> reactor::make_connection(file_descriptor socket, connection_end end,
                                                        const std::string& peer) {
  std::unique_ptr<tls_session> tls;
  if (credentials_ != nullptr)
    tls = std::make_unique<tls_session>(credentials_->current(), end, peer);
  return caf::make_counted<connection>(*this, std::move(socket), end, std::move(tls));
}

void reactor::note_names(const connection& of, const caf::node_id& node,
                         std::vector<std::string> names) {
  std::lock_guard lock{names_mutex_};
  names_[&of] = {node, std::move(names)};
}

bool reactor::is_named(const caf::node_id& node, const std::string& name) const {
  if (credentials_ == nullptr || node == system().node()) return true;
  std::lock_guard lock{names_mutex_};
  return std::ranges::any_of(names_, [&](auto& entry) {
    return entry.second.node == node && std::ranges::count(entry.second.names, name) > 0;
  });
}

packet_limits reactor::packets() const {
  packet_limits out;
  out.message_bytes_max = settings_.message_kib_max * 1'024;
  for (auto name : {caf::atom("SpawnServ"), caf::atom("ConfigServ")})
    if (auto actor = system().registry().get(name); actor != nullptr)
      out.internal_actor_max = std::max(out.internal_actor_max, std::uint64_t{actor->id()});
  return out;
}

bool reactor::admit(connection& next) {
  if (accepted_.size() >= settings_.connections_max) {
    count_one(traffic_.refused_full);
    if (auto count = refusals_.admit(steady_clock::now()))
      log_warning("refused a connection from {}:{}: there are {} (network.connections_max)",
                  next.addr(), next.port(), accepted_.size());
    return false;
  }
  if (unfinished_.size() >= settings_.handshakes_max) {
    count_one(traffic_.unfinished);
    unfinished_.front()->refuse("its handshake is not done, and others wait "
                                "(network.handshakes_max)");
  }
  accepted_.insert(&next);
  unfinished_.push_back(&next);
  return true;
}

result<void> reactor::check_user(int socket) {
  return settings_.other_users ? result<void>{} : users_.check(socket);
}

void reactor::note_established(connection& which) {
  std::erase(unfinished_, &which);
}

void reactor::note_closed(connection& which) {
  std::erase(unfinished_, &which);
  accepted_.erase(&which);
  std::lock_guard lock{names_mutex_};
  names_.erase(&which);
}

caf::io::datagram_servant_ptr reactor::new_datagram_servant(caf::io::network::native_socket) {
  return nullptr;
}

caf::io::datagram_servant_ptr
reactor::new_datagram_servant_for_endpoint(caf::io::network::native_socket,
                                           const caf::io::network::ip_endpoint&) {
  return nullptr;
}

caf::expected<caf::io::datagram_servant_ptr> reactor::new_remote_udp_endpoint(const std::string&,
                                                                              std::uint16_t) {
  return caf::sec::feature_disabled;
}

caf::expected<caf::io::datagram_servant_ptr> reactor::new_local_udp_endpoint(std::uint16_t,
                                                                             const char*, bool) {
  return caf::sec::feature_disabled;
}

reactor& reactor_of(caf::actor_system& system) {
  return dynamic_cast<reactor&>(system.middleman().backend());
}

void load_reactor(caf::actor_system_config& config, scheduler_kind scheduler, std::size_t threads,
                  const network_settings& settings, std::shared_ptr<tls_credentials> credentials) {
  auto work = std::make_shared<reactor_work>();
  bool schedules = scheduler == scheduler_kind::reactor;
  if (schedules)
    config.module_factories.emplace_back([work, threads](caf::actor_system& system) {
      return new reactor_scheduler(system, work, threads - 1);
    });
  config.module_factories.emplace_back(
      [work, schedules, settings, credentials](caf::actor_system& system) {
        return new reactor_middleman(system, work, schedules, settings, credentials);
      });
}

} // namespace tickmesh
