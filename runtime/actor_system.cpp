#include "runtime/actor_system.hpp"

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
  if (!options.network) return;
  load<caf::io::middleman>();
  set("middleman.workers", std::size_t{0});
  set("middleman.heartbeat-interval", caf::timespan{options.network_heartbeat});
  set("middleman.connection-timeout", caf::timespan{options.network_timeout});
  set("middleman.enable-automatic-connections", false);
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

void keep_crash_reason(caf::scheduled_actor* self) {
  self->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& caught) -> caf::error {
    try {
      std::rethrow_exception(caught);
    } catch (const std::exception& e) {
      return make_failure(e.what());
    } catch (...) {
      return make_failure("an exception that is no std::exception");
    }
  });
}

void outlive_error_answers(caf::scheduled_actor* self) {
  self->set_error_handler([](caf::scheduled_actor*, caf::error&) {});
}

std::string describe(const caf::error& reason) {
  if (reason && reason.category() == caf::atom("system") &&
      reason.code() == static_cast<std::uint8_t>(caf::sec::runtime_error)) {
    auto& context = reason.context();
    if (context.size() == 1 && context.match_element<std::string>(0))
      return context.get_as<std::string>(0);
  }
  return caf::to_string(reason);
}

} // namespace tickmesh
