#include "actors/execution/journal_replay.hpp"

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal_reader.hpp"

#include <fmt/format.h>

namespace tickmesh {

namespace {

/// Hands over the records, decoded; `visit` says what is wrong with one.
result<void> for_each_record(
    const std::filesystem::path& directory,
    const std::function<result<void>(const journal_record&, const logged_events&)>& visit) {
  journal_reader reader{directory};
  event_decoder decoder;
  logged_events logged;
  for (std::uint64_t expected = 1;;) {
    auto record = reader.next();
    if (!record) return tl::make_unexpected(record.error());
    if (*record == nullptr) return {};
    auto done = (*record)->first != expected
                    ? fail(fmt::format("the events before {} are not kept any more, and nothing is "
                                       "known without them",
                                       (*record)->first))
                    : decoder.decode(**record, logged);
    if (done) done = visit(**record, logged);
    if (!done)
      return fail(fmt::format("{}: offset {}: {}", reader.file().string(), reader.offset(),
                              done.error().message));
    expected = (*record)->last() + 1;
  }
}

/// Applies a batch event by event, each with the marks before it: the listener sees the state
/// between them.
void apply_by_event(trading_state& trading, const event_batch& batch,
                    const replay_listener& listener, batch_decisions& out) {
  auto probe = [&listener](const sequenced_event& event) {
    auto& told = may_yield_commands(event) ? listener.before : listener.mark;
    if (told) told(event);
  };
  event_batch part;
  batch_decisions decided;
  part.first_number = batch.first_number;
  std::size_t taken = 0;
  auto take_marks = [&](std::size_t end) {
    part.marks.assign(batch.marks.begin() + static_cast<std::ptrdiff_t>(taken),
                      batch.marks.begin() + static_cast<std::ptrdiff_t>(end));
    taken = end;
  };
  for (std::size_t i = 0; i < batch.others.size(); ++i) {
    take_marks(batch.others[i].marks_before);
    part.others = {{part.marks.size(), batch.others[i].event}};
    decided.clear();
    apply_batch(trading, part, decided, probe);
    part.first_number += part.size();
    if (listener.after) listener.after(batch.others[i].event, decided);
    for (auto& placed : decided.verdicts)
      out.verdicts.push_back({i, placed.verdict});
    for (auto& placed : decided.commands)
      out.commands.push_back({i, std::move(placed.command)});
  }
  take_marks(batch.marks.size());
  part.others.clear();
  apply_batch(trading, part, decided, probe);
}

} // namespace

result<journal_contents> read_judged_orders(const std::filesystem::path& directory) {
  journal_contents out;
  auto done = for_each_record(
      directory, [&](const journal_record& record, const logged_events& logged) -> result<void> {
        for (auto& [event, checked] : logged.decisions.verdicts)
          out.orders.push_back(
              {checked.order, logged.batch.others[event].event.number, checked.form});
        out.events = record.last();
        return {};
      });
  if (!done) return tl::make_unexpected(done.error());
  return out;
}

result<std::vector<limits_change>> read_limits_changes(const std::filesystem::path& directory) {
  std::vector<limits_change> out;
  auto done = for_each_record(
      directory, [&](const journal_record&, const logged_events& logged) -> result<void> {
        for (auto& placed : logged.batch.others)
          if (auto* command = std::get_if<operator_command>(&placed.event.what))
            if (auto* change = std::get_if<limits_change>(&command->action)) out.push_back(*change);
        return {};
      });
  if (!done) return tl::make_unexpected(done.error());
  return out;
}

result<signal> read_signal(const std::filesystem::path& directory, std::uint64_t number) {
  journal_reader reader{directory};
  event_decoder decoder;
  logged_events logged;
  if (auto done = reader.seek(number); !done) return tl::make_unexpected(done.error());
  auto record = reader.next();
  if (!record) return tl::make_unexpected(record.error());
  if (*record != nullptr) {
    if (auto done = decoder.decode(**record, logged); !done)
      return tl::make_unexpected(done.error());
    for (auto& placed : logged.batch.others)
      if (auto* found = std::get_if<signal>(&placed.event.what);
          found && placed.event.number == number)
        return *found;
  }
  return fail(fmt::format("{}: event {} is no signal", directory.string(), number));
}

result<void> replay_journal(const std::filesystem::path& directory, trading_state& trading,
                            const replay_listener& listener) {
  batch_decisions decisions;
  return for_each_record(
      directory, [&](const journal_record& record, const logged_events& logged) -> result<void> {
        decisions.clear();
        apply_by_event(trading, logged.batch, listener, decisions);
        if (decisions.commands == logged.decisions.commands &&
            decisions.verdicts == logged.decisions.verdicts)
          return {};
        return fail(fmt::format("other decisions follow from events {} to {} than were made then; "
                                "the settings or the program are not the same",
                                record.first, record.last()));
      });
}

} // namespace tickmesh
