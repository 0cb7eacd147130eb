#include "actors/execution/slot/exec_children_actor.hpp"

#include "actors/execution/ledger/ledger_sender.hpp"
#include "actors/execution/recovery/trading_rebuild.hpp"
#include "actors/execution/slot/risk_checker_actor.hpp"

#include <fmt/format.h>

#include <utility>

namespace tickmesh {

namespace {

snapshot_keeper_starter snapshots_of(const exec_slot_options& options, const exec_start& begun) {
  if (!begun.snapshots || !options.start_snapshots) return nullptr;
  snapshot_keeper_options wanted{.log = begun.log,
                                 .maker = *begun.snapshots,
                                 .keeps = journal_retention(options.settings.journal)};
  return [wanted, start = options.start_snapshots](caf::event_based_actor* parent, auto has_ended) {
    auto own = wanted;
    own.has_ended = std::move(has_ended);
    return start(parent, std::move(own));
  };
}

/// How the ledger is kept of what the journal has.
ledger_start ledger_of(const exec_slot_options& options, const exec_start& begun) {
  if (!options.start_ledger) return {};
  auto file = ledger_path(start_options_of(options).host_directory,
                          fmt::format("exec-{}", options.context.slot.index));
  return {options.start_ledger,
          {.ledger = {.file = std::move(file), .run_identity = begun.run_identity},
           .journal = {.directory = begun.log->directory(),
                       .settings = options.settings,
                       .universe = begun.configuration->universe,
                       .build = options.build},
           .last_journaled = [log = begun.log] { return log->last_event(); },
           .owner = {}}};
}

} // namespace

exec_start_options start_options_of(const exec_slot_options& options) {
  auto& context = options.context;
  return {.slot = context.slot,
          .host_directory = std::filesystem::path{context.host->state_dir} / context.host->id,
          .settings = options.settings,
          .symbols = context.view->symbols,
          .instruments = options.instruments,
          .strategies = options.strategies,
          .configuration_hash = options.configuration_hash,
          .build = options.build,
          .source_is_repeatable = options.source_is_repeatable,
          .write_rows = options.write_rows,
          .start_venue = options.start_venue,
          .files = context.files};
}

journal_keeper_options journal_keeper_of(const exec_slot_options& options, const exec_start& begun,
                                         caf::actor slot) {
  return {.log = begun.log,
          .settings = options.settings.journal,
          .owner = std::move(slot),
          .notice_file = begun.halt_file,
          .files = options.context.files,
          .start_snapshots = snapshots_of(options, begun),
          .snapshot_event = begun.snapshot_event};
}

child_spec risk_checker_child(const exec_slot_options& options, const exec_start& begun) {
  risk_checker_options risk{.rebuild =
                                [maker = begun.rebuild](std::uint64_t through) {
                                  return rebuild_trading(maker, through);
                                },
                            .universe = begun.configuration->universe,
                            .writer = options.context.writer,
                            .rows = options.context.rows,
                            .write_rows = options.write_rows,
                            .ledger = ledger_of(options, begun),
                            .probe = options.probe};
  return {risk_checker_key, "risk_checker", restart_policy::permanent,
          [risk](caf::event_based_actor* parent) { return parent->spawn(risk_checker, risk); }};
}

child_spec gateway_child(const exec_slot_options& options, broker_id broker,
                         const broker_settings& settings) {
  gateway_options wanted{broker, settings};
  return {risk_checker_key + 1 + broker.value, "gateway of " + settings.name,
          restart_policy::permanent,
          [start = options.start_gateway, wanted](caf::event_based_actor* parent) {
            return caf::actor_cast<caf::actor>(start(parent, wanted));
          }};
}

broker_id gateway_broker(std::uint64_t key) {
  return broker_id{static_cast<broker_id::rep>(key - risk_checker_key - 1)};
}

} // namespace tickmesh
