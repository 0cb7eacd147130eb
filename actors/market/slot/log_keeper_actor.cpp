#include "actors/market/slot/log_keeper_actor.hpp"

#include "actors/market/slot/slot_log.hpp"
#include "actors/market/tick_log/rejected_rows.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "runtime/actors/actor_system.hpp"

#include <algorithm>
#include <utility>

namespace {

/// Time to tidy up.
struct keep_log {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(keep_log)

namespace tickmesh {

namespace {

using log_keeper_actor = caf::stateful_actor<log_keeper_state>;

/// Drops the days that are older than the `kept` newest ones, as far as they are over and read.
result<void> drop_old_days(tick_log& log, std::size_t kept, record_number needed_after,
                           std::int32_t finished_before) {
  auto days = log.days();
  if (days.size() <= kept) return {};
  auto oldest_kept = std::min(days[days.size() - kept], finished_before);
  return log.drop_days_before(oldest_kept, needed_after).map([](auto&&) {});
}

/// A subscription that has not come so far holds as many days again: so the disk is bounded,
/// whatever subscribers do.
result<void> retire_days(tick_log& log, std::size_t kept, const records_appended& upto) {
  if (kept == 0) return {};
  auto read = std::min(upto.needed_after, upto.read_after);
  if (auto done = drop_old_days(log, kept, read, upto.finished_before); !done) return done;
  return drop_old_days(log, 2 * kept, upto.needed_after, upto.finished_before);
}

/// Seals what is full or over, and lets go of what nobody needs.
result<void> tidy_up(const log_keeper_options& options, const records_appended& upto) {
  for (;;) {
    auto sealed = options.log->seal_next();
    if (!sealed) return tl::unexpected(sealed.error());
    if (!*sealed) break;
  }
  if (auto released = options.log->release(upto.needed_after); !released)
    return tl::unexpected(released.error());
  return retire_days(*options.log, options.settings.retention_days, upto);
}

result<std::string> rejected_rows(const log_keeper_options& options) {
  std::string rows;
  auto names = read_log_description(options.directory, *options.files);
  if (!names) return tl::unexpected(names.error());
  auto reader = tick_log_reader::open(options.directory, *options.files);
  if (!reader) return tl::unexpected(reader.error());
  auto days = reader->days();
  if (!days) return tl::unexpected(days.error());
  for (auto& day : *days) {
    if (day.rejected == 0) continue;
    std::vector<rejected_tick> rejected;
    if (auto read = reader->rejected(day.trading_day, record_number{}, rejected); !read)
      return tl::unexpected(read.error());
    for (auto& t : rejected)
      append_rejected_row(rows, t, *names);
  }
  return rows;
}

} // namespace

caf::behavior log_keeper(log_keeper_actor* self, log_keeper_options given) {
  set_fault_handlers(self);
  auto options = std::make_shared<const log_keeper_options>(std::move(given));
  auto fail_log = [self, options](const fault& why) {
    self->send(options->owner, log_failed{why.message});
  };
  auto keep = [self, options, fail_log] {
    if (options->settings.durability == log_durability::interval)
      if (auto synced = options->log->sync(); !synced) return fail_log(synced.error());
    self->send(options->owner, log_kept{});
    if (auto tidied = tidy_up(*options, self->state.upto); !tidied) fail_log(tidied.error());
  };
  return {
      [self, options, keep, fail_log](const records_appended& appended) {
        self->state.upto = appended;
        if (options->settings.durability != log_durability::always) return keep();
        if (!std::exchange(self->state.timer_set, true))
          self->delayed_send(self, options->settings.sync_interval, keep_log{});
        if (options->log->synced_record() >= appended.number) return; // with an earlier one
        auto synced = options->log->sync();
        if (!synced) return fail_log(synced.error());
        self->send(options->owner, records_durable{*synced});
      },
      [self, keep](keep_log) {
        self->state.timer_set = false;
        keep();
      },
      [self, options, fail_log](const write_rejected& wish) {
        auto rows = rejected_rows(*options);
        if (!rows) return fail_log(rows.error());
        rejected_written answer{static_cast<std::uint64_t>(std::ranges::count(*rows, '\n'))};
        if (!rows->empty())
          self->send(wish.writer,
                     write_rows{rows_name("ticks_rejected", wish.rows), std::move(*rows)});
        self->send(options->owner, answer);
      },
      [](const rows_written&) {},
      [self](end_keeper) { self->quit(); },
  };
}

caf::actor start_detached_keeper(caf::event_based_actor* parent, log_keeper_options options) {
  return parent->spawn<caf::detached + caf::linked>(log_keeper, std::move(options));
}

caf::actor start_keeper_here(caf::event_based_actor* parent, log_keeper_options options) {
  return parent->spawn<caf::linked>(log_keeper, std::move(options));
}

} // namespace tickmesh
