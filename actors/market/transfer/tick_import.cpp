#include "actors/market/transfer/tick_import.hpp"

#include "actors/market/feed/feed_reader.hpp"
#include "actors/market/slot/record_builder.hpp"
#include "actors/market/slot/stream_encoder.hpp"
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/tick_log.hpp"

#include <fmt/format.h>

#include <set>
#include <system_error>

namespace tickmesh {

namespace {

/// Records of the source that become one record of the log.
constexpr std::uint32_t round_ticks_max = 4'096;

/// Who writes the log: there is no cluster, so it is its first owner.
constexpr epoch import_epoch{1};

class importer {
public:
  importer(std::shared_ptr<const feed_source> source, const instrument_table& instruments,
           const cleaning_settings& cleaning, tick_log log)
      : reader_(source, std::vector<bool>(source->symbols().size(), true), 0, round_ticks_max),
        builder_(source->symbols().size(), nanoseconds::zero()), log_(std::move(log)) {
    auto& names = source->symbols().names();
    for (std::uint32_t i = 0; i < names.size(); ++i) {
      stream_encoder_options stream;
      stream.symbol = symbol_id{i};
      auto* traded = instruments.find(names[i]);
      stream.known = traded != nullptr;
      stream.cleaning = limits_of(traded, cleaning);
      stream.is_clean = source->is_clean();
      streams_.emplace_back(stream);
    }
  }

  result<slot_totals> run(const std::function<void(std::uint64_t)>& progress) {
    while (reader_.read_round(0, round_)) {
      if (auto done = append(); !done) return tl::unexpected(done.error());
      if (auto done = seal(); !done) return tl::unexpected(done.error());
      progress(builder_.totals().records_in);
    }
    for (auto day : days_)
      log_.close_day(day);
    if (auto synced = log_.sync(); !synced) return tl::unexpected(synced.error());
    if (auto done = seal(); !done) return tl::unexpected(done.error());
    return builder_.totals();
  }

private:
  result<void> append() {
    auto& batches = round_.batches;
    if (parts_.size() < batches.size()) parts_.resize(batches.size());
    for (std::size_t i = 0; i < batches.size(); ++i)
      streams_[batches[i].symbol.value].take(batches[i].ticks, 0, parts_[i]);
    auto record = builder_.build(round_, std::span{parts_}.first(batches.size()), payload_);
    record.number = log_.last_record() + record_number{1};
    record.writer = import_epoch;
    days_.insert(record.trading_day);
    return log_.append(record);
  }

  /// Seals what is complete; the records themselves are not needed then.
  result<void> seal() {
    for (;;) {
      auto sealed = log_.seal_next();
      if (!sealed) return tl::unexpected(sealed.error());
      if (!*sealed) return {};
      if (auto released = log_.release(log_.last_record()); !released)
        return tl::unexpected(released.error());
    }
  }

  feed_reader reader_;
  record_builder builder_;
  tick_log log_;
  std::vector<stream_encoder> streams_; ///< by symbol
  std::set<std::int32_t> days_;
  feed_round round_;
  std::vector<clean_batch> parts_; ///< of round_, with memory to spare
  std::string payload_;
};

} // namespace

result<slot_totals> import_ticks(std::shared_ptr<const feed_source> source,
                                 const instrument_table& instruments, const import_options& options,
                                 const std::function<void(std::uint64_t)>& progress) {
  std::error_code error;
  auto& directory = options.out;
  if (std::filesystem::exists(directory, error) && !std::filesystem::is_empty(directory, error))
    return fail(
        fmt::format("{}: is there and not empty; an import begins a new log", directory.string()));
  std::filesystem::create_directories(directory, error);
  if (error) return fail(fmt::format("{}: {}", directory.string(), error.message()));
  tick_log_options log_options;
  log_options.root = directory;
  log_options.segment_bytes_max = options.segment_mib << 20;
  log_options.wal_keep_bytes_max = 0;
  auto log = tick_log::open(log_options);
  if (!log) return tl::unexpected(log.error());
  if (auto described = write_log_description(directory, describe(*source)); !described)
    return tl::unexpected(described.error());
  return importer{source, instruments, options.cleaning, std::move(*log)}.run(progress);
}

} // namespace tickmesh
