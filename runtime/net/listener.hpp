// A port on which other hosts connect.
#pragma once

#include "runtime/net/file_descriptor.hpp"
#include "runtime/net/pollable.hpp"
#include "runtime/net/sockets.hpp"

#include <caf/io/doorman.hpp>

#include <cstdint>
#include <string>

namespace tickmesh {

class reactor;

class listener final : public caf::io::doorman, public pollable {
public:
  listener(reactor& loop, file_descriptor socket);

  // Of CAF.
  bool new_connection() override;
  void launch() override;
  std::string addr() const override { return name_.address; }
  std::uint16_t port() const override { return name_.port; }
  void graceful_shutdown() override;
  void add_to_loop() override;
  void remove_from_loop() override;

  // Of the reactor.
  int descriptor() const override { return socket_.number(); }
  void on_events(std::uint32_t events) override;
  void on_deadline() override;

private:
  reactor& loop_;
  file_descriptor socket_;
  socket_name name_;
  bool is_watched_ = false;
};

} // namespace tickmesh
