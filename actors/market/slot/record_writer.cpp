#include "actors/market/slot/record_writer.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

namespace tickmesh {

record_writer::record_writer(const record_writer_settings& settings)
    : settings_(settings), builder_(settings.symbols, settings.mark_interval),
      recent_(settings.recent_bytes), days_(settings.symbols) {}

result<void> record_writer::resume(const tick_log& log) {
  auto last = log.last_record();
  if (last.value == 0) return {};
  record_batch batch;
  auto read = log.read(last - record_number{1}, 1, batch);
  if (!read) return tl::unexpected(read.error());
  if (batch.records.empty())
    return fail(fmt::format("record {} of the tick log is not kept any more", last.value));
  if (auto resumed = builder_.resume(batch.records.front()); !resumed) return resumed;
  days_.advance(builder_.time_mark());
  // The end of an earlier run of a live source ended that run, and the sender's day at most.
  is_ended_ = builder_.ended() && batch.records.front().writer >= settings_.formed;
  return {};
}

void record_writer::resume(const stream_start& stream) {
  if (!stream.logged.empty()) days_.note(stream.encoder.symbol, stream.logged.back().trading_day);
  clean_batch newest;
  stream_encoder{stream.encoder}.restore(stream.logged, newest);
  builder_.restore_mark(newest);
}

result<std::optional<record_number>> record_writer::write(market_round& round, tick_log& log) {
  auto& outline = round.records;
  auto parts = round.parts();
  if (outline.history) {
    for (auto& part : parts)
      builder_.take_history(part);
    return std::nullopt;
  }
  auto payload = std::make_shared<std::string>();
  auto record = builder_.build(outline, parts, *payload);
  record.number = log.last_record() + record_number{1};
  record.writer = settings_.writer;
  if (auto appended = log.append(record); !appended) return tl::unexpected(appended.error());
  for (auto& part : parts)
    if (part.accepted > 0) days_.note(part.symbol, record.trading_day);
  days_.advance(outline.time_mark);
  close_finished_days(log);
  is_ended_ = builder_.ended();
  recent_.push(record, std::move(payload));
  return record.number;
}

void record_writer::close_finished_days(tick_log& log) {
  if (auto before = days_.take_news()) log.close_days_before(*before);
}

} // namespace tickmesh
