#include "actors/market/slot/stream_encoder.hpp"

namespace tickmesh {

namespace {

constexpr int runs_field = 1;
constexpr int marks_field = 4;

} // namespace

stream_encoder::stream_encoder(const stream_encoder_options& options)
    : options_(options), cleaner_(options.cleaning, options.known) {}

void stream_encoder::restore(std::span<const tick> logged, clean_batch& out) {
  out.clear();
  out.symbol = options_.symbol;
  cleaner_.restore(logged);
  if (logged.empty() || options_.mark_interval <= nanoseconds::zero()) return;
  sample(logged.last(1), 0, out);
}

/// Leaves the accepted records in `records`, and the others in rejected_.
void stream_encoder::clean(std::vector<tick>& records, clean_batch& out) {
  out.clear();
  out.symbol = options_.symbol;
  rejected_.clear();
  reasons_.clear();
  auto kept = options_.is_clean ? records.size() : 0;
  auto sort_out = [&](const tick& record, std::optional<reject_reason> reason) {
    if (!reason) {
      if (&records[kept] != &record) records[kept] = record;
      ++kept;
      return;
    }
    ++out.rejects[static_cast<std::size_t>(*reason)];
    rejected_.push_back(record);
    reasons_.push_back(*reason);
  };
  if (!options_.is_clean) cleaner_.clean(std::span{records}, sort_out);
  records.resize(kept);
  out.accepted = static_cast<std::uint32_t>(kept);
  if (kept > 0) out.last_event_time = records.back().event_time;
}

void stream_encoder::take(std::vector<tick>& records, std::int64_t ingest_ns, clean_batch& out) {
  clean(records, out);
  if (!rejected_.empty())
    append_rejected_run(out.rejected, rejected_encoder_, rejected_, reasons_, ingest_ns);
  if (records.empty()) return;
  run_encoder_.append(out.run, records, options_.data_epoch, ingest_ns, runs_field);
  if (options_.mark_interval > nanoseconds::zero()) sample(records, ingest_ns, out);
}

void stream_encoder::take_history(std::vector<tick>& records, clean_batch& out) {
  clean(records, out);
  if (records.empty() || options_.mark_interval <= nanoseconds::zero()) return;
  sample({&records.back(), 1}, 0, out);
}

/// A tick is the last of its interval once a tick of a later one has come; until then it is
/// pending.
void stream_encoder::sample(std::span<const tick> accepted, std::int64_t ingest_ns,
                            clean_batch& out) {
  marks_.clear();
  const tick* newest = nullptr;
  for (auto& t : accepted) {
    if (t.effective_time >= pending_until_) {
      if (newest != nullptr)
        marks_.push_back(*newest);
      else
        out.closes_mark = pending_until_ != timestamp{};
      pending_until_ =
          last_multiple(t.effective_time, options_.mark_interval) + options_.mark_interval;
    }
    newest = &t;
  }
  if (!marks_.empty())
    mark_encoder_.append(out.marks, marks_, options_.data_epoch, ingest_ns, marks_field);
  mark_encoder_.append(out.pending_mark, {newest, 1}, options_.data_epoch, ingest_ns, marks_field);
  out.pending_until = pending_until_;
}

} // namespace tickmesh
