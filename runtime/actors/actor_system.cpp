#include "runtime/actors/actor_system.hpp"

#include "runtime/net/reactor.hpp"

#include <caf/io/middleman.hpp>
#include <fmt/format.h>

#if CAF_VERSION < 1706 || CAF_VERSION >= 1800
#error "runtime/ and messages/caf_types.hpp are written for CAF 0.17.6"
#endif

namespace tickmesh {

actor_system_config::actor_system_config(const actor_system_options& options) {
  add_message_types<caf::id_block::tickmesh>();
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", std::size_t{options.scheduler_threads});
  bool has_reactor = options.network || options.scheduler == scheduler_kind::reactor;
  if (!has_reactor) return;
  load_reactor(*this, options.scheduler, options.scheduler_threads, options.limits,
               options.credentials);
  set("middleman.workers", std::size_t{0});
  set("middleman.heartbeat-interval", caf::timespan{options.network_heartbeat});
  set("middleman.connection-timeout", caf::timespan{options.network_timeout});
  set("middleman.enable-automatic-connections", false);
}

void load_caf_network(caf::actor_system_config& config) {
  config.load<caf::io::middleman>();
}

result<void> verify(const caf::actor_system& system, const actor_system_options& options) {
  auto& config = system.config();
  auto threads = caf::get_or(config, "scheduler.max-threads", std::size_t{0});
  if (threads != options.scheduler_threads)
    return fail(fmt::format("CAF runs {} scheduler threads; {} were asked for", threads,
                            options.scheduler_threads));
  if (!options.network) return {};
  auto timeout =
      caf::get_or(config, "middleman.connection-timeout", caf::timespan{std::chrono::hours{1}});
  if (timeout != caf::timespan{options.network_timeout})
    return fail("CAF did not take middleman.connection-timeout");
  return {};
}

caf::error make_failure(std::string reason) {
  return caf::make_error(caf::sec::runtime_error, std::move(reason));
}

std::chrono::nanoseconds steady_now(caf::local_actor* self) {
  return self->clock().now().time_since_epoch();
}

void set_fault_handlers(caf::scheduled_actor* self) {
  self->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& caught) -> caf::error {
    try {
      std::rethrow_exception(caught);
    } catch (const std::exception& e) {
      return make_failure(e.what());
    } catch (...) {
      return make_failure("an exception that is no std::exception");
    }
  });
  self->set_error_handler([](caf::scheduled_actor*, caf::error&) {});
}

namespace {

/// Those that a person may meet; the others are faults of the program.
std::string describe_system(caf::sec code) {
  switch (code) {
  case caf::sec::unexpected_message:
  case caf::sec::unexpected_response: return "it does not understand what it was asked";
  case caf::sec::request_receiver_down: return "it has ended";
  case caf::sec::request_timeout: return "it did not answer in time";
  case caf::sec::no_actor_published_at_port: return "no host of tickmesh answers there";
  case caf::sec::cannot_connect_to_node: return "nothing listens there, or the way there is closed";
  case caf::sec::cannot_open_port: return "the port can't be opened";
  case caf::sec::disconnect_during_handshake:
  case caf::sec::malformed_basp_message:
  case caf::sec::incompatible_versions:
  case caf::sec::incompatible_application_ids: return "what listens there is no host of tickmesh";
  case caf::sec::no_route_to_receiving_node:
  case caf::sec::cannot_forward_to_invalid_actor:
  case caf::sec::remote_linking_failed:
  case caf::sec::socket_disconnected:
  case caf::sec::redundant_connection:
  case caf::sec::connection_timeout: return "the connection broke";
  default: return fmt::format("an unexpected fault, number {}", static_cast<int>(code));
  }
}

std::string describe_exit(caf::exit_reason code) {
  switch (code) {
  case caf::exit_reason::normal: return "it has ended";
  case caf::exit_reason::user_shutdown:
  case caf::exit_reason::kill: return "it was told to end";
  case caf::exit_reason::remote_link_unreachable:
  case caf::exit_reason::unreachable: return "the connection broke";
  default: return "it has ended, and nobody knows why";
  }
}

} // namespace

std::string describe(const caf::error& reason) {
  if (!reason) return "no reason";
  if (reason.category() == caf::atom("system")) {
    auto& context = reason.context();
    bool is_ours = reason.code() == static_cast<std::uint8_t>(caf::sec::runtime_error) &&
                   context.size() == 1 && context.match_element<std::string>(0);
    return is_ours ? context.get_as<std::string>(0)
                   : describe_system(static_cast<caf::sec>(reason.code()));
  }
  if (reason.category() == caf::atom("exit"))
    return describe_exit(static_cast<caf::exit_reason>(reason.code()));
  return fmt::format("an unexpected fault, number {}", reason.code());
}

} // namespace tickmesh
