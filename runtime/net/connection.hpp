// A connection to another host. Bytes are checked packet by packet before CAF sees them; what
// actors write is sent in one call when they have had their turn.
#pragma once

#include "runtime/net/file_descriptor.hpp"
#include "runtime/net/packet_stream.hpp"
#include "runtime/net/pollable.hpp"
#include "runtime/net/sockets.hpp"
#include "runtime/net/tls_session.hpp"

#include <caf/io/scribe.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

class reactor;

class connection final : public caf::io::scribe, public pollable {
public:
  /// `tls`: null where connections are plain.
  connection(reactor& loop, file_descriptor socket, connection_end end,
             std::unique_ptr<tls_session> tls);

  // Of CAF. Its broker asks for whole headers and payloads, as packet_check does.
  void configure_read(caf::io::receive_policy::config) override;
  void ack_writes(bool) override {}
  std::vector<char>& wr_buf() override { return written_; }
  std::vector<char>& rd_buf() override { return packets_.part(); }
  void flush() override;
  std::string addr() const override { return peer_.address; }
  std::uint16_t port() const override { return peer_.port; }
  void graceful_shutdown() override;
  void add_to_loop() override;
  void remove_from_loop() override;

  // Of the reactor.
  int descriptor() const override { return socket_.number(); }
  void on_events(std::uint32_t events) override;
  void on_deadline() override;
  void send_now();
  /// Ends the connection for a reason that the log tells.
  void refuse(std::string_view reason);

private:
  enum class stage : std::uint8_t {
    fresh, ///< not watched yet
    open,
    closing, ///< CAF is done with it; what is unsent is still sent
    closed,
  };

  void receive();
  void open(std::span<const char> bytes);
  void take(std::span<const char> bytes);
  void take_part();
  void send_unsent();
  void lose(); ///< the other end is gone
  void close();
  std::uint32_t wanted_events() const;
  /// What goes to the socket next: what CAF wrote, or what TLS made of it.
  std::vector<char>& outgoing();

  reactor& loop_;
  file_descriptor socket_;
  socket_name peer_;
  stage stage_ = stage::fresh;
  bool is_noted_ = false; ///< in the reactor's list of who has written
  std::unique_ptr<tls_session> tls_;
  packet_stream packets_;
  std::vector<char> written_; ///< by CAF, since the last send
  std::vector<char> unsent_;  ///< what the system did not take, from sent_ on
  std::size_t sent_ = 0;
};

} // namespace tickmesh
