#include "actors/execution/event_application.hpp"

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal_reader.hpp"

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

std::vector<order_approval> approved_orders(const event_batch& batch,
                                            const batch_decisions& decisions) {
  std::vector<order_approval> out;
  for (auto& [event, checked] : decisions.verdicts) {
    if (checked.risk.outcome != verdict::approved) continue;
    auto& what = batch.others[event].event.what;
    if (checked.form) {
      auto* command = std::get_if<operator_command>(&what);
      bool is_new_form =
          command != nullptr && std::holds_alternative<operator_replace>(command->action);
      out.push_back({*checked.form, is_new_form});
      continue;
    }
    auto& s = std::get<signal>(what);
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

std::optional<std::string> keep_admitted(std::vector<venue_command>& commands, send_guard& guard) {
  std::optional<std::string> first;
  std::erase_if(commands, [&](const venue_command& command) {
    result<void> admitted;
    if (auto* order = std::get_if<order_request>(&command)) admitted = guard.admit(*order);
    if (auto* replace = std::get_if<replace_request>(&command)) {
      if (!guard.knows(replace->order)) return true;
      admitted = guard.admit(*replace);
    }
    if (!admitted && !first) first = admitted.error().message;
    return !admitted;
  });
  return first;
}

std::vector<venue_command> commands_of(const batch_decisions& decisions) {
  std::vector<venue_command> out;
  out.reserve(decisions.commands.size());
  for (auto& placed : decisions.commands)
    out.push_back(placed.command);
  return out;
}

result<std::optional<std::string>> recover_from_journal(const std::filesystem::path& directory,
                                                        trading_state& trading,
                                                        event_sequencer& sequencer,
                                                        send_guard& guard) {
  journal_reader reader{directory};
  event_decoder decoder;
  logged_events logged;
  batch_decisions decisions;
  std::optional<std::string> held_back;
  for (;;) {
    auto record = reader.next();
    if (!record) return tl::make_unexpected(record.error());
    if (*record == nullptr) return held_back;
    auto where = [&](std::string_view what) {
      return fail(fmt::format("{}: offset {}: {}", reader.file().string(), reader.offset(), what));
    };
    if (auto done = decoder.decode(**record, logged); !done) return where(done.error().message);
    decisions.clear();
    apply_batch(trading, logged.batch, decisions);
    if (decisions.commands != logged.decisions.commands ||
        decisions.verdicts != logged.decisions.verdicts)
      return where(fmt::format("other decisions follow from events {} to {} than were made then; "
                               "the settings or the program are not the same",
                               (*record)->first, (*record)->last()));
    show_reports(logged.batch, guard);
    show_approvals(approved_orders(logged.batch, decisions), guard);
    if (trading.notice().mode == trading_mode::halted) held_back.reset();
    auto commands = commands_of(decisions);
    if (auto violation = keep_admitted(commands, guard)) held_back = std::move(violation);
    if (auto done = sequencer.replay(logged.batch, commands); !done)
      return where(done.error().message);
  }
}

} // namespace tickmesh
