#include "actors/execution/recovery/journal_replay.hpp"

#include "actors/execution/journal/journal_walk.hpp"
#include "actors/execution/risk/limits_difference.hpp"
#include "actors/execution/snapshot/find_snapshot.hpp"
#include "messages/overloaded.hpp"

#include <fmt/format.h>

namespace tickmesh {

namespace {

/// Hands over the records behind an event; `visit` says what is wrong with one.
result<void> for_each_record(const std::filesystem::path& directory, std::uint64_t after,
                             const std::function<result<void>(const logged_events&)>& visit) {
  journal_walk walk{directory};
  walk.go_behind(after);
  for (;;) {
    auto logged = walk.next();
    if (!logged) return tl::make_unexpected(logged.error());
    if (*logged == nullptr) return {};
    if (auto done = visit(**logged); !done) return walk.fault_here(done.error().message);
  }
}

/// Gives the decisions of a batch event by event, each as those of a batch of its own.
class decisions_by_event {
public:
  explicit decisions_by_event(const batch_decisions& all)
      : verdict_(all.verdicts.begin()), verdicts_end_(all.verdicts.end()),
        command_(all.commands.begin()), commands_end_(all.commands.end()) {}

  /// Precondition: events rise from call to call.
  void take(std::size_t event, batch_decisions& out) {
    out.clear();
    for (; verdict_ != verdicts_end_ && verdict_->event == event; ++verdict_)
      out.verdicts.push_back({0, verdict_->verdict});
    for (; command_ != commands_end_ && command_->event == event; ++command_)
      out.commands.push_back({0, command_->command});
  }

private:
  std::vector<batch_decisions::placed_verdict>::const_iterator verdict_, verdicts_end_;
  std::vector<batch_decisions::placed_command>::const_iterator command_, commands_end_;
};

/// Applies a record event by event, each with the marks before it: the listener sees the state
/// between them.
result<void> apply_by_event(trading_state& trading, const logged_events& logged,
                            std::string_view build, const replay_listener& listener) {
  auto probe = [&listener](const sequenced_event& event) {
    auto& told = may_yield_commands(event) ? listener.before : listener.mark;
    if (told) told(event);
  };
  auto& batch = logged.batch;
  logged_events part;
  decisions_by_event decisions{logged.decisions};
  batch_decisions decided;
  part.batch.first_number = batch.first_number;
  std::size_t taken = 0;
  auto take_marks = [&](std::size_t end) {
    part.batch.marks.assign(batch.marks.begin() + static_cast<std::ptrdiff_t>(taken),
                            batch.marks.begin() + static_cast<std::ptrdiff_t>(end));
    taken = end;
  };
  for (std::size_t i = 0; i < batch.others.size(); ++i) {
    take_marks(batch.others[i].marks_before);
    part.batch.others = {{part.batch.marks.size(), batch.others[i].event}};
    decisions.take(i, part.decisions);
    if (auto done = apply_record(trading, part, build, decided, probe); !done) return done;
    part.batch.first_number += part.batch.size();
    if (listener.after) listener.after(batch.others[i].event, decided);
  }
  take_marks(batch.marks.size());
  part.batch.others.clear();
  part.decisions.clear();
  return part.batch.size() > 0 ? apply_record(trading, part, build, decided, probe)
                               : result<void>{};
}

void follow_limits(const sequenced_event& event, limits_in_force& held) {
  std::visit(overloaded{
                 [&](const slot_configured& configured) {
                   auto& [build, settings, universe, in_force] = *configured.configuration;
                   held = {in_force, universe.account, universe.strategies};
                 },
                 [&](const operator_command& command) {
                   auto* change = std::get_if<limits_change>(&command.action);
                   if (change != nullptr && is_made_of(*change, held.scopes))
                     held.scopes = change->limits;
                 },
                 [](const one_of<market_mark, signal, execution_report, timer_due, broker_event,
                                 broker_snapshot, slot_recovered, clock_mark> auto&) {},
             },
             event.what);
}

} // namespace

result<std::uint64_t> known_after(const std::filesystem::path& directory) {
  return find_oldest_snapshot(directory).map([](const found_snapshot& oldest) {
    return oldest.snapshot ? oldest.snapshot->head().event : std::uint64_t{0};
  });
}

result<journal_contents> read_judged_orders(const std::filesystem::path& directory) {
  auto after = known_after(directory);
  if (!after) return tl::make_unexpected(after.error());
  journal_contents out{.orders = {}, .events = *after, .known_after = *after};
  auto done = for_each_record(directory, *after, [&](const logged_events& logged) -> result<void> {
    for (auto& [event, checked] : logged.decisions.verdicts)
      out.orders.push_back({checked.order, logged.batch.others[event].event.number, checked.form});
    out.events = logged.batch.first_number + logged.batch.size() - 1;
    return {};
  });
  if (!done) return tl::make_unexpected(done.error());
  return out;
}

result<limits_in_force> read_limits_in_force(const std::filesystem::path& directory,
                                             limits_in_force given) {
  auto oldest = find_oldest_snapshot(directory);
  if (!oldest) return tl::make_unexpected(oldest.error());
  std::uint64_t after = 0;
  if (oldest->snapshot) {
    after = oldest->snapshot->head().event;
    auto& [build, settings, universe, in_force] = oldest->snapshot->configuration();
    given = {in_force, universe.account, universe.strategies};
  }
  auto done = for_each_record(directory, after, [&](const logged_events& logged) -> result<void> {
    for (auto& placed : logged.batch.others)
      follow_limits(placed.event, given);
    return {};
  });
  if (!done) return tl::make_unexpected(done.error());
  return given;
}

result<signal> read_signal(const std::filesystem::path& directory, std::uint64_t number) {
  journal_walk walk{directory};
  walk.go_to(number);
  auto logged = walk.next();
  if (!logged) return tl::make_unexpected(logged.error());
  if (*logged != nullptr)
    for (auto& placed : (*logged)->batch.others)
      if (auto* found = std::get_if<signal>(&placed.event.what);
          found && placed.event.number == number)
        return *found;
  return fail(fmt::format("{}: event {} is no signal", directory.string(), number));
}

result<void> replay_journal(const std::filesystem::path& directory, trading_state& trading,
                            const replay_listener& listener, std::string_view build) {
  return for_each_record(directory, trading.last_event(), [&](const logged_events& logged) {
    return apply_by_event(trading, logged, build, listener);
  });
}

} // namespace tickmesh
