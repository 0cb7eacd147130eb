#include "actors/market/sources/file/file_source.hpp"

#include "actors/market/feed/ticks_ahead.hpp"
#include "actors/market/sources/file/row_settler.hpp"
#include "actors/market/sources/file/tick_sorter.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>

namespace tickmesh {

namespace {

/// What is known of a source once all its files have been read.
struct settled_files {
  symbol_table symbols;
  std::vector<symbol_id> ids; ///< by the order in which the symbols appear in the files
  std::vector<std::string> source_names;
  std::vector<file_leftovers> leftovers;
  std::shared_ptr<const sorted_ticks> ticks; ///< merge keys in `effective_time`
  std::uint64_t fingerprint = 0;
};

class file_source final : public feed_source, public std::enable_shared_from_this<file_source> {
public:
  file_source(settled_files files, nanoseconds time_mark_interval)
      : files_(std::move(files)), time_mark_interval_(time_mark_interval) {}

  const symbol_table& symbols() const override { return files_.symbols; }
  const std::vector<std::string>& source_names() const override { return files_.source_names; }
  std::uint64_t fingerprint() const override { return files_.fingerprint; }
  std::unique_ptr<feed> open(const resume_points& from) const override;
  using feed_source::open;
  std::vector<file_leftovers> leftovers() const override { return files_.leftovers; }

  const settled_files& files() const { return files_; }

private:
  settled_files files_;
  nanoseconds time_mark_interval_;
};

class file_feed final : public marked_feed {
public:
  file_feed(std::shared_ptr<const file_source> source, nanoseconds interval)
      : marked_feed(interval), source_(std::move(source)), cursor_(source_->files().ticks),
        ahead_([this](tick& out) { return merge_next(out); }) {}

protected:
  bool read(tick& out) override { return ahead_.next(out); }

private:
  /// Runs in the thread of `ahead_`.
  bool merge_next(tick& out) {
    if (!cursor_.next(out)) return false;
    out.symbol = source_->files().ids[out.symbol.value];
    return true;
  }

  std::shared_ptr<const file_source> source_;
  sorted_cursor cursor_;
  ticks_ahead ahead_; ///< the last member: its thread uses the others
};

std::unique_ptr<feed> file_source::open(const resume_points&) const {
  return std::make_unique<file_feed>(shared_from_this(), time_mark_interval_);
}

/// Copies would trade twice on the same ticks, whatever their names and compression.
result<void> check_contents(const std::vector<std::string>& paths,
                            const std::vector<file_content>& contents) {
  for (std::size_t i = 0; i < contents.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (contents[i].is_equal(contents[j]))
        return fail(fmt::format("source.file.paths: {} and {} hold the same {} rows; name one of "
                                "them",
                                paths[j], paths[i], contents[i].rows()));
  return {};
}

void warn_of_days(const row_settler& settler, const std::vector<std::string>& source_names) {
  auto& first = settler.days().first_correction();
  if (!first) return;
  log_warning("{} of {} records state another trading day than sessions and calendar give them, "
              "which counts; the first is {}:{}: {} at {} states {} and is of {}",
              settler.days().corrected(), settler.rows(), source_names[first->stated.source.value],
              first->stated.position.value, settler.symbols()[first->stated.symbol.value],
              format_timestamp(first->stated.event_time), first->stated.trading_day, first->given);
}

/// Sorts the names, so that the order of ids is theirs.
void number_symbols(const std::vector<std::string>& by_appearance, settled_files& out) {
  std::map<std::string, std::size_t> sorted;
  for (std::size_t i = 0; i < by_appearance.size(); ++i)
    sorted.emplace(by_appearance[i], i);
  out.ids.resize(by_appearance.size());
  for (auto& [name, place] : sorted)
    out.ids[place] = out.symbols.add(name);
}

} // namespace

result<std::shared_ptr<const feed_source>> load_file_source(const source_settings& settings,
                                                            const instrument_table& instruments,
                                                            const file_source_options& options) {
  settled_files out;
  for (auto& path : settings.file.paths)
    out.source_names.push_back(std::filesystem::path{path}.filename().string());
  for (symbol_set receipt_only;;) {
    tick_sorter sorter{options.spool_directory, settings.file.memory_mib << 20U};
    row_settler settler{settings, instruments, receipt_only, sorter};
    auto read = read_files(settings.file, instruments, [&](const row_batch& batch) {
      auto taken = settler.take(batch);
      if (options.on_rows) options.on_rows(settler.rows());
      return taken;
    });
    if (!read) return tl::make_unexpected(read.error());
    if (auto done = settler.finish(); !done) return tl::make_unexpected(done.error());
    if (!settler.mixed_clocks().empty()) { // which the rows before did not show: once more
      receipt_only = settler.mixed_clocks();
      continue;
    }
    if (auto apart = check_contents(settings.file.paths, settler.contents()); !apart)
      return tl::make_unexpected(apart.error());
    auto ticks = sorter.finish();
    if (!ticks) return tl::make_unexpected(ticks.error());
    for (auto& warning : read->warnings)
      log_warning("{}", warning);
    warn_of_days(settler, out.source_names);
    number_symbols(settler.symbols(), out);
    out.leftovers = std::move(read->leftovers);
    out.ticks = std::move(*ticks);
    out.fingerprint = settler.fingerprint();
    return std::make_shared<const file_source>(std::move(out), settings.time_mark_interval);
  }
}

} // namespace tickmesh
