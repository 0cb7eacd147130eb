#include "actors/market/tick_log/newest_ticks.hpp"

#include "actors/market/tick_log/record_format.hpp"
#include "actors/market/tick_log/segment_sealer.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace tickmesh {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view newest_name = "newest.blocks";

struct kept_ticks {
  epoch data_epoch{};
  std::vector<tick> ticks; ///< numbers rise
};
using kept_by_symbol = std::map<symbol_id, kept_ticks>;

/// Nothing where there is no such file.
result<std::optional<sealed_reader>> open_newest(file_system& files, const fs::path& root) {
  std::vector<std::string> names;
  if (files.list(root, names) != 0) return file_fault(root, "the directory can't be read");
  if (std::find(names.begin(), names.end(), newest_name) == names.end())
    return std::optional<sealed_reader>{};
  auto opened = sealed_reader::open(files, root / newest_name);
  if (!opened) return tl::make_unexpected(opened.error());
  return std::optional{std::move(*opened)};
}

/// Leaves the newest ones, as far back as their numbers follow on each other.
void trim(std::vector<tick>& ticks) {
  auto first = ticks.size() - 1;
  while (first > 0 && ticks.size() - first < newest_ticks_max &&
         ticks[first - 1].number + sequence{1} == ticks[first].number)
    --first;
  ticks.erase(ticks.begin(), ticks.begin() + static_cast<std::ptrdiff_t>(first));
}

/// Takes the newest ticks of a file, in whose index the blocks of a symbol follow each other. What
/// a removal that was cut off has left is taken twice: the second time counts.
result<void> take_file(const sealed_reader& file, kept_by_symbol& kept) {
  auto& index = file.index();
  std::string bytes;
  tick_block_reader block;
  for (std::size_t first = 0, last = 0; first < index.size(); first = last) {
    while (last < index.size() && index[last].symbol == index[first].symbol)
      ++last;
    auto begin = last; // of the last blocks that hold enough
    for (std::size_t held = 0; begin > first && held < newest_ticks_max;)
      held += index[--begin].count;
    auto& of_symbol = kept[symbol_id{index[first].symbol}];
    std::erase_if(of_symbol.ticks,
                  [&](auto& t) { return t.number.value >= index[begin].first_number; });
    for (; begin < last; ++begin) {
      if (auto read = file.read_block(index[begin], bytes, block); !read) return read;
      if (auto done = block.append_ticks(0, block.count(), of_symbol.ticks); !done) return done;
      auto epochs = block.column(block_epoch_column);
      if (!epochs) return tl::make_unexpected(epochs.error());
      of_symbol.data_epoch = epoch{static_cast<std::uint64_t>(epochs->back())};
    }
    trim(of_symbol.ticks);
  }
  return {};
}

result<void> write_newest(file_system& files, const fs::path& root, const kept_by_symbol& kept) {
  std::string payload;
  tick_run_encoder encoder;
  for (auto& [symbol, of_symbol] : kept)
    encoder.append(payload, of_symbol.ticks, of_symbol.data_epoch, 0);
  tick_frame_view frame;
  if (auto read = read_tick_frame(payload, frame, SIZE_MAX); !read) return read;
  runs_by_symbol runs;
  for (auto& run : frame.runs)
    runs[run.symbol].push_back(run);
  auto writer = sealed_writer::create(files, root / newest_name);
  if (!writer) return tl::make_unexpected(writer.error());
  tick_block_builder block;
  auto done = for_each_block(runs, block,
                             [&](symbol_id symbol) { return writer->write_block(symbol, block); });
  if (!done) return done;
  if (auto finished = writer->finish(); !finished) return tl::make_unexpected(finished.error());
  return sync_directory(files, root);
}

} // namespace

result<void> keep_newest_ticks(file_system& files, const fs::path& root,
                               const std::vector<dropped_day>& days) {
  kept_by_symbol kept;
  auto earlier = open_newest(files, root);
  if (!earlier) return tl::make_unexpected(earlier.error());
  if (*earlier)
    if (auto taken = take_file(**earlier, kept); !taken) return taken;
  for (auto& day : days)
    for (auto& segment : day.segments) {
      if (segment.ticks == 0) continue;
      auto file = sealed_reader::open(files, day.directory / ticks_name(segment.first));
      if (!file) return tl::make_unexpected(file.error());
      if (auto taken = take_file(*file, kept); !taken) return taken;
    }
  return kept.empty() ? result<void>{} : write_newest(files, root, kept);
}

result<newest_ticks> newest_ticks::open(file_system& files, const fs::path& root) {
  auto file = open_newest(files, root);
  if (!file) return tl::make_unexpected(file.error());
  newest_ticks out;
  out.file_ = std::move(*file);
  out.block_ = std::make_unique<tick_block_reader>();
  return out;
}

result<void> newest_ticks::read(symbol_id symbol, sequence before, std::size_t count,
                                std::vector<tick>& out) {
  if (!file_) return {};
  auto& index = file_->index();
  auto found = std::lower_bound(index.begin(), index.end(), symbol.value,
                                [](auto& entry, auto value) { return entry.symbol < value; });
  if (found == index.end() || found->symbol != symbol.value) return {}; // it has one block at most
  std::vector<tick> ticks;
  if (auto read = file_->read_block(*found, bytes_, *block_); !read) return read;
  if (auto done = block_->append_ticks(0, block_->count(), ticks); !done) return done;
  for (auto t = ticks.rbegin(); t != ticks.rend() && count > 0; ++t) {
    if (t->number >= before) continue;
    out.push_back(*t);
    --count;
  }
  return {};
}

} // namespace tickmesh
