#include "actors/execution/replay/event_application.hpp"

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal_walk.hpp"
#include "messages/overloaded.hpp"

#include <fmt/format.h>

namespace tickmesh {

void apply_batch(trading_state& trading, const event_batch& batch, batch_decisions& out,
                 const std::function<void(const sequenced_event&)>& probe) {
  auto number = batch.first_number;
  std::span<const market_mark> marks{batch.marks};
  std::size_t taken = 0;
  auto apply_marks = [&](std::size_t end) {
    auto run = marks.subspan(taken, end - taken);
    if (probe)
      for (std::size_t i = 0; i < run.size(); ++i)
        probe({.number = number + i, .time = run[i].effective_time, .what = run[i]});
    trading.apply_marks(number, run);
    number += run.size();
    taken = end;
  };
  std::vector<venue_command> commands;
  for (std::size_t i = 0; i < batch.others.size(); ++i) {
    auto& event = batch.others[i].event;
    apply_marks(batch.others[i].marks_before);
    if (probe) probe(event);
    commands.clear();
    trading.apply(event, commands);
    ++number;
    for (auto& verdict : trading.verdicts())
      out.verdicts.push_back({i, verdict});
    if (auto outcome = trading.take_outcome()) out.outcomes.push_back(std::move(*outcome));
    for (auto& command : commands)
      out.commands.push_back({i, std::move(command)});
  }
  apply_marks(marks.size());
}

namespace {

/// Calls for each event in turn: `apply_others` with its place in batch.others, `apply_marks` with
/// the number of the first one.
template <class ApplyMarks, class ApplyOther>
void for_each_event(const event_batch& batch, ApplyMarks apply_marks, ApplyOther apply_other) {
  auto number = batch.first_number;
  std::span<const market_mark> marks{batch.marks};
  std::size_t taken = 0;
  auto take_marks = [&](std::size_t end) {
    if (end == taken) return;
    apply_marks(number, marks.subspan(taken, end - taken));
    number += end - taken;
    taken = end;
  };
  for (std::size_t i = 0; i < batch.others.size(); ++i) {
    take_marks(batch.others[i].marks_before);
    apply_other(i);
    ++number;
  }
  take_marks(marks.size());
}

/// Applies a batch at which another program decided.
void apply_recorded_batch(trading_state& trading, const logged_events& logged, batch_decisions& out,
                          const std::function<void(const sequenced_event&)>& probe) {
  auto& [batch, decided] = logged;
  std::vector<order_verdict> verdicts;
  std::vector<venue_command> commands;
  auto verdict = decided.verdicts.begin();
  auto command = decided.commands.begin();
  for_each_event(
      batch,
      [&](std::uint64_t number, std::span<const market_mark> marks) {
        for (std::size_t i = 0; probe && i < marks.size(); ++i)
          probe({.number = number + i, .time = marks[i].effective_time, .what = marks[i]});
        trading.apply_marks(number, marks);
      },
      [&](std::size_t i) {
        auto& event = batch.others[i].event;
        if (probe) probe(event);
        verdicts.clear();
        commands.clear();
        for (; verdict != decided.verdicts.end() && verdict->event == i; ++verdict)
          verdicts.push_back(verdict->verdict);
        for (; command != decided.commands.end() && command->event == i; ++command)
          commands.push_back(command->command);
        trading.apply_recorded(event, verdicts, commands);
        if (auto outcome = trading.take_outcome()) out.outcomes.push_back(std::move(*outcome));
      });
  out.verdicts.insert(out.verdicts.end(), decided.verdicts.begin(), decided.verdicts.end());
  out.commands.insert(out.commands.end(), decided.commands.begin(), decided.commands.end());
}

tl::unexpected<fault> fault_at(const event_batch& batch, std::string_view what) {
  return fail(fmt::format("events {} to {}: {}", batch.first_number,
                          batch.first_number + batch.size() - 1, what));
}

/// What can't be of this journal: its configurations lose no name, and what no configuration stands
/// before has the names that are given, which the ids of its orders tell.
result<void> check_names(const trading_state& trading, const logged_events& logged) {
  for (auto& [marks_before, event] : logged.batch.others) {
    auto* configured = std::get_if<slot_configured>(&event.what);
    if (configured != nullptr && event.number > 1 &&
        !keeps_ids(trading.configuration(), *configured->configuration))
      return fault_at(logged.batch, "a configuration in which ids have another meaning");
  }
  if (!trading.build().empty()) return {};
  for (auto& [place, verdict] : logged.decisions.verdicts) {
    auto* s = std::get_if<signal>(&logged.batch.others[place].event.what);
    if (s != nullptr && (!trading.knows(*s) || trading.name_of_order(s->name) != verdict.order))
      return fault_at(logged.batch,
                      "were written with other symbols or strategies than those given, by a "
                      "program that did not note them; give those that it had");
  }
  return {};
}

/// What gives nobody an order, or an order no other form, may always leave.
result<void> admit(const venue_command& command, send_guard& guard) {
  return std::visit<result<void>>(
      overloaded{
          [&](const one_of<order_request, replace_request> auto& r) { return guard.admit(r); },
          [](const one_of<cancel_request, status_query, timer_request, broker_probe,
                          snapshot_request, executions_request> auto&) { return result<void>{}; },
      },
      command);
}

} // namespace

bool has_decided(std::string_view build, const trading_state& trading, const event_batch& batch) {
  // A configuration is the first that a life writes, and a record is of one life.
  auto* begins = batch.others.empty()
                     ? nullptr
                     : std::get_if<slot_configured>(&batch.others.front().event.what);
  auto& decider = begins != nullptr ? begins->configuration->build : trading.build();
  return !build.empty() && decider == build;
}

result<void> apply_record(trading_state& trading, const logged_events& logged,
                          std::string_view build, batch_decisions& out,
                          const std::function<void(const sequenced_event&)>& probe) {
  if (auto checked = check_names(trading, logged); !checked) return checked;
  out.clear();
  if (!has_decided(build, trading, logged.batch)) {
    apply_recorded_batch(trading, logged, out, probe);
    return {};
  }
  apply_batch(trading, logged.batch, out, probe);
  if (out.commands == logged.decisions.commands && out.verdicts == logged.decisions.verdicts)
    return {};
  return fault_at(logged.batch, "other decisions follow than were made then, by the same program: "
                                "the journal is not as it was written");
}

std::vector<order_approval> approved_orders(const event_batch& batch,
                                            const batch_decisions& decisions) {
  std::vector<order_approval> out;
  for (auto& [event, checked] : decisions.verdicts) {
    if (checked.risk.outcome != verdict::approved) continue;
    auto& what = batch.others[event].event.what;
    if (checked.form) {
      auto* command = std::get_if<operator_command>(&what);
      auto* wish = command != nullptr ? std::get_if<operator_replace>(&command->action) : nullptr;
      bool is_new_form = wish != nullptr && wish->order == checked.order;
      out.push_back({*checked.form, is_new_form});
      continue;
    }
    auto* source = std::get_if<signal>(&what);
    if (source == nullptr) continue; // no program of ours
    auto& s = *source;
    out.push_back({{.id = checked.order,
                    .symbol = s.name.symbol,
                    .strategy = s.name.strategy,
                    .direction = s.direction > 0 ? side::buy : side::sell,
                    .limit = s.limit,
                    .volume = s.volume}});
  }
  return out;
}

void show_approvals(std::span<const order_approval> approvals, send_guard& guard) {
  for (auto& [request, is_new_form] : approvals)
    if (is_new_form)
      guard.approve_form(request);
    else
      guard.approve(request);
}

void show_reports(const event_batch& batch, send_guard& guard) {
  for (auto& [marks_before, event] : batch.others) {
    auto* report = std::get_if<execution_report>(&event.what);
    if (report == nullptr) continue;
    auto order = report->order != order_id{} ? report->order
                                             : guard.order_under(report->broker, report->reference);
    if (report->kind == report_kind::rejected && is_not_taken(report->refusal))
      guard.release(order, report->broker);
    else if (report->kind != report_kind::cancel_rejected && !is_unknown(report->refusal) &&
             is_terminal(report->status))
      guard.close(order);
  }
}

std::optional<std::string> keep_admitted(std::vector<decided_command>& commands,
                                         send_guard& guard) {
  std::optional<std::string> first;
  std::erase_if(commands, [&](const decided_command& decided) {
    auto* replace = std::get_if<replace_request>(&decided.command);
    if (replace != nullptr && !guard.knows(replace->order)) return true;
    auto admitted = admit(decided.command, guard);
    if (!admitted && !first) first = admitted.error().message;
    return !admitted;
  });
  return first;
}

std::vector<decided_command> commands_of(const event_batch& batch,
                                         const batch_decisions& decisions) {
  std::vector<decided_command> out;
  out.reserve(decisions.commands.size());
  for (auto& [place, command] : decisions.commands) {
    auto& event = batch.others[place].event;
    out.push_back({command, event.number, event.time});
  }
  return out;
}

result<std::optional<slot_configuration>>
read_first_configuration(const std::filesystem::path& directory, file_system& files) {
  journal_walk walk{directory, files};
  walk.go_to_first_kept();
  for (;;) {
    auto logged = walk.next();
    if (!logged) return tl::make_unexpected(logged.error());
    if (*logged == nullptr) return std::nullopt;
    for (auto& placed : (*logged)->batch.others)
      if (auto* found = std::get_if<slot_configured>(&placed.event.what))
        return *found->configuration;
  }
}

} // namespace tickmesh
