// What CAF sees of a simulated network: connections, listeners, and the loop of a node. Packets are
// checked as those over sockets are.
#pragma once

#include "runtime/actors/actor_system.hpp"
#include "runtime/net/packet_stream.hpp"

#include <caf/io/all.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

class simulated_connection;
class simulated_listener;

/// What connections and listeners need of the network that they are part of.
class simulated_wires {
public:
  virtual caf::expected<caf::io::scribe_ptr> connect(std::size_t from, const std::string& host,
                                                     std::uint16_t port) = 0;
  virtual caf::expected<caf::io::doorman_ptr> listen(std::size_t node, std::uint16_t port) = 0;
  virtual void send(simulated_connection& from, std::vector<char> bytes) = 0;
  virtual void finish(simulated_connection& from) = 0; ///< behind all that was sent
  virtual void begin_reading(simulated_connection& by) = 0;
  virtual void begin_accepting() = 0;
  virtual void forget(simulated_listener& listener) = 0;

protected:
  ~simulated_wires() = default;
};

/// The loop of a node, which a test drives: CAF's broker is all that runs on it.
class simulated_loop final : public caf::io::network::multiplexer {
public:
  simulated_loop(caf::actor_system* system, simulated_wires& wires, std::size_t node)
      : multiplexer(system), wires_(wires), node_(node) {}

  caf::expected<caf::io::scribe_ptr> new_tcp_scribe(const std::string& host,
                                                    std::uint16_t port) override {
    return wires_.connect(node_, host, port);
  }
  caf::expected<caf::io::doorman_ptr> new_tcp_doorman(std::uint16_t port, const char*,
                                                      bool) override {
    return wires_.listen(node_, port);
  }

  void exec_later(caf::resumable* job) override {
    bool is_broker = job->subtype() == caf::resumable::io_actor ||
                     job->subtype() == caf::resumable::function_object;
    if (is_broker)
      jobs_.push_back(job);
    else
      system().scheduler().enqueue(job);
  }
  bool has_jobs() const { return !jobs_.empty(); }
  bool try_run_once() override {
    if (jobs_.empty()) return false;
    auto* job = jobs_.front();
    jobs_.pop_front();
    switch (job->resume(this, 1)) {
    case caf::resumable::resume_later: exec_later(job); break;
    case caf::resumable::done:
    case caf::resumable::awaiting_message: caf::intrusive_ptr_release(job); break;
    case caf::resumable::shutdown_execution_unit: break;
    }
    return true;
  }
  void run_once() override { try_run_once(); }
  void run() override {
    while (try_run_once()) {
    }
  }
  supervisor_ptr make_supervisor() override { return nullptr; }

  // There are neither sockets nor datagrams.
  caf::io::scribe_ptr new_scribe(caf::io::network::native_socket) override { return nullptr; }
  caf::io::doorman_ptr new_doorman(caf::io::network::native_socket) override { return nullptr; }
  caf::io::datagram_servant_ptr new_datagram_servant(caf::io::network::native_socket) override {
    return nullptr;
  }
  caf::io::datagram_servant_ptr
  new_datagram_servant_for_endpoint(caf::io::network::native_socket,
                                    const caf::io::network::ip_endpoint&) override {
    return nullptr;
  }
  caf::expected<caf::io::datagram_servant_ptr> new_remote_udp_endpoint(const std::string&,
                                                                       std::uint16_t) override {
    return caf::sec::feature_disabled;
  }
  caf::expected<caf::io::datagram_servant_ptr> new_local_udp_endpoint(std::uint16_t, const char*,
                                                                      bool) override {
    return caf::sec::feature_disabled;
  }

private:
  simulated_wires& wires_;
  std::size_t node_;
  std::deque<caf::resumable*> jobs_;
};

/// One end of a connection.
class simulated_connection final : public caf::io::scribe {
public:
  /// `link` and `side`: which connection of the network, and which end of it.
  simulated_connection(simulated_wires& wires, simulated_loop& loop, std::int64_t number,
                       std::size_t link, std::size_t side, std::uint16_t port)
      : scribe(caf::io::connection_handle::from_int(number)), wires_(wires), loop_(loop),
        link_(link), side_(side), port_(port),
        packets_(side == 0 ? connection_end::connected : connection_end::accepted, {}) {}

  void configure_read(caf::io::receive_policy::config) override {
    if (!std::exchange(is_reading_, true)) wires_.begin_reading(*this);
  }
  void ack_writes(bool) override {}
  std::vector<char>& wr_buf() override { return written_; }
  std::vector<char>& rd_buf() override { return packets_.part(); }
  void flush() override {
    if (!is_closed_ && !written_.empty()) wires_.send(*this, std::exchange(written_, {}));
  }
  std::string addr() const override { return "simulated"; }
  std::uint16_t port() const override { return port_; }
  void graceful_shutdown() override {
    flush();
    wires_.finish(*this);
    is_closed_ = true;
    detach(&loop_, false);
  }
  void add_to_loop() override {}
  void remove_from_loop() override {}

  void receive(std::span<const char> bytes) {
    while (!bytes.empty() && !is_closed_) {
      auto whole = packets_.next(bytes, loop_);
      REQUIRE_MESSAGE(whole.has_value(), whole.error().message); // CAF sends good ones
      if (!*whole) continue;
      consume(&loop_, packets_.part().data(), packets_.part().size());
      packets_.part().clear();
    }
  }

  /// The other end is gone.
  void lose() {
    if (std::exchange(is_closed_, true)) return;
    detach(&loop_, true);
  }

  bool is_reading() const { return is_reading_; }
  std::size_t link() const { return link_; }
  std::size_t side() const { return side_; }

private:
  simulated_wires& wires_;
  simulated_loop& loop_;
  std::size_t link_, side_;
  std::uint16_t port_;
  bool is_reading_ = false;
  bool is_closed_ = false;
  packet_stream packets_;
  std::vector<char> written_;
};

class simulated_listener final : public caf::io::doorman {
public:
  simulated_listener(simulated_wires& wires, simulated_loop& loop, std::int64_t number,
                     std::size_t node, std::uint16_t port)
      : doorman(caf::io::accept_handle::from_int(number)), wires_(wires), loop_(loop), node_(node),
        port_(port) {}

  void launch() override {
    is_launched_ = true;
    wires_.begin_accepting();
  }
  void add_to_loop() override {}
  void remove_from_loop() override {}
  std::string addr() const override { return "simulated"; }
  std::uint16_t port() const override { return port_; }
  void graceful_shutdown() override {
    wires_.forget(*this);
    detach(&loop_, false);
  }

  bool accept(caf::io::scribe_ptr next) {
    next_ = std::move(next);
    return new_connection();
  }
  bool new_connection() override {
    if (detached()) return false;
    parent()->add_scribe(next_);
    return doorman::new_connection(&loop_, next_->hdl());
  }

  bool is_launched() const { return is_launched_; }
  std::size_t node() const { return node_; }

private:
  simulated_wires& wires_;
  simulated_loop& loop_;
  std::size_t node_;
  std::uint16_t port_;
  bool is_launched_ = false;
  caf::io::scribe_ptr next_;
};

} // namespace tickmesh
