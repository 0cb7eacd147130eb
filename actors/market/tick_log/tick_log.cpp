#include "actors/market/tick_log/tick_log.hpp"

#include "actors/market/tick_log/tick_log_segments.hpp"

namespace tickmesh {

tick_log::tick_log(std::unique_ptr<tick_log_segments> segments) : segments_(std::move(segments)) {}
tick_log::tick_log(tick_log&&) noexcept = default;
tick_log& tick_log::operator=(tick_log&&) noexcept = default;
tick_log::~tick_log() = default;

result<tick_log> tick_log::open(const tick_log_options& options, file_system& files) {
  auto segments = std::make_unique<tick_log_segments>(options, files);
  if (auto done = segments->recover(); !done) return tl::make_unexpected(done.error());
  return tick_log{std::move(segments)};
}

const recovery_report& tick_log::recovery() const {
  return segments_->report();
}

result<void> tick_log::start_after(record_number number, epoch writer) {
  return segments_->start_after(number, writer);
}

result<void> tick_log::append(const log_record& record) {
  return segments_->append(record);
}

result<record_number> tick_log::sync() {
  return segments_->sync();
}

record_number tick_log::last_record() const {
  return segments_->last_record();
}

record_number tick_log::synced_record() const {
  return segments_->synced_record();
}

record_number tick_log::first_record() const {
  return segments_->first_record();
}

std::vector<std::int32_t> tick_log::days() const {
  return segments_->days();
}

std::optional<epoch> tick_log::epoch_of(record_number number) const {
  return segments_->epoch_of(number);
}

std::optional<record_number> tick_log::last_record_of(epoch limit) const {
  return segments_->last_record_of(limit);
}

result<read_state> tick_log::read(record_number after, std::size_t bytes_max,
                                  record_batch& out) const {
  return segments_->read(after, bytes_max, out);
}

result<slot_totals> tick_log::last_totals() const {
  auto last = last_record();
  if (last < first_record()) return slot_totals{};
  record_batch batch;
  auto state = read(last - record_number{1}, 0, batch);
  if (!state) return tl::make_unexpected(state.error());
  tick_frame_view frame;
  if (auto done = read_tick_frame(batch.records.front().payload, frame); !done)
    return tl::make_unexpected(done.error());
  return read_slot_totals(frame.totals);
}

result<void> tick_log::truncate(record_number keep) {
  return segments_->truncate(keep);
}

void tick_log::close_day(std::int32_t trading_day) {
  segments_->close_day(trading_day);
}

void tick_log::close_days_before(std::int32_t trading_day) {
  segments_->close_days_before(trading_day);
}

result<bool> tick_log::seal_next() {
  return segments_->seal_next();
}

result<std::size_t> tick_log::release(record_number needed_after) {
  return segments_->release(needed_after);
}

result<std::vector<std::int32_t>> tick_log::drop_days_before(std::int32_t trading_day,
                                                             record_number needed_after) {
  return segments_->drop_days_before(trading_day, needed_after);
}

} // namespace tickmesh
