#include "actors/market/slot/slot_log.hpp"

#include "runtime/log/directories.hpp"
#include "runtime/log/log_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <string_view>

namespace tickmesh {

namespace {

result<std::shared_ptr<tick_log>> open_log(const std::filesystem::path& directory,
                                           const tick_log_settings& settings, file_system& files) {
  tick_log_options options;
  options.root = directory;
  options.segment_bytes_max = settings.segment_mib << 20;
  options.wal_keep_bytes_max = settings.wal_keep_mib << 20;
  options.cut_unsynced = settings.cut_unsynced;
  auto log = tick_log::open(options, files);
  if (!log) return tl::unexpected(log.error());
  if (auto removed = remove_dropped(files, directory); !removed)
    return tl::unexpected(removed.error());
  return std::make_shared<tick_log>(std::move(*log));
}

/// Outside of the log, so that it is still there when that is lost: the data epoch of the last log
/// that this host began for the slot.
std::filesystem::path data_epoch_file(const slot_context& context) {
  return std::filesystem::path{context.host->state_dir} / context.host->id / "data_epochs" /
         fmt::format("data-{}", context.slot.index);
}

/// 0 where no log was begun here.
result<epoch> read_last_data_epoch(const slot_context& context) {
  auto path = data_epoch_file(context);
  std::string text;
  auto is_there = read_file(*context.files, path, text);
  if (!is_there) return tl::unexpected(is_there.error());
  if (!*is_there) return epoch{};
  std::uint64_t value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || std::string_view{end} != "\n")
    return fail(
        fmt::format("{}: holds no data epoch, a whole number and a line break; write that of "
                    "the last tick log there",
                    path.string()));
  return epoch{value};
}

result<void> write_last_data_epoch(const slot_context& context, epoch data_epoch) {
  auto path = data_epoch_file(context);
  if (auto made = make_directories(*context.files, path.parent_path()); !made) return made;
  return replace_file(*context.files, path, fmt::format("{}\n", data_epoch.value));
}

result<void> describe_log(const std::filesystem::path& directory, const slot_context& context,
                          const feed_source& source) {
  auto& files = *context.files;
  auto description = describe(source);
  if (source.is_repeatable()) return write_log_description(directory, description, files);
  auto last = read_last_data_epoch(context);
  if (!last) return tl::unexpected(last.error());
  description.data_epoch = *last + epoch{1};
  if (auto was = read_log_description(directory, files)) description.data_epoch = was->data_epoch;
  if (auto written = write_log_description(directory, description, files); !written) return written;
  return write_last_data_epoch(context, description.data_epoch);
}

/// Symbols are numbers in a log: what follows under another list would be taken for others' ticks.
result<void> check_same_stream(const std::filesystem::path& directory, const feed_source& source,
                               file_system& files) {
  if (!is_slot_log(directory, files)) return {};
  auto was = read_log_description(directory, files);
  if (!was) return tl::make_unexpected(was.error());
  auto differs = [&](std::string_view what) {
    return fail(fmt::format("{} {}: a live source can't go on with it; move the directory away, or "
                            "give host.state_dir another value",
                            directory.string(), what));
  };
  if (was->repeatable) return differs("holds the ticks of a source that can be read again");
  auto& names = source.symbols().names();
  std::vector<std::string> other;
  std::ranges::set_symmetric_difference(was->symbols, names, std::back_inserter(other));
  if (other.empty()) return {};
  bool is_new = std::ranges::find(names, other.front()) != names.end();
  return differs(fmt::format("was written for other symbols ({} was {}there)", other.front(),
                             is_new ? "not " : ""));
}

} // namespace

std::filesystem::path slot_log_directory(const host_settings& host, slot_name slot) {
  return std::filesystem::path{host.state_dir} / host.id / "ticks" /
         fmt::format("data-{}", slot.index);
}

result<std::shared_ptr<tick_log>> open_slot_log(const slot_context& context,
                                                const feed_source& source,
                                                const tick_log_settings& settings) {
  auto& files = *context.files;
  auto directory = slot_log_directory(*context.host, context.slot);
  auto log = open_log(directory, settings, files);
  if (!log) return log;
  auto last = (*log)->last_record();
  auto written = last.value == 0 ? std::nullopt : (*log)->epoch_of(last);
  bool earlier_run = written && *written < context.view->formed;
  if (earlier_run && source.is_repeatable()) {
    if (auto was = read_log_description(directory, files); was && !was->repeatable)
      return fail(fmt::format("{} holds the ticks of a live source, which a run with a repeatable "
                              "one would drop; move the directory away, or give host.state_dir "
                              "another value",
                              directory.string()));
    log->reset();
    if (auto dropped = drop_directory(files, directory); !dropped)
      return tl::unexpected(dropped.error());
    log = open_log(directory, settings, files);
    if (!log) return log;
  }
  if (last.value > 0 && !source.is_repeatable())
    if (auto same = check_same_stream(directory, source, files); !same)
      return tl::unexpected(same.error());
  if (auto described = describe_log(directory, context, source); !described)
    return tl::unexpected(described.error());
  return log;
}

tick_log_settings settings_for(const feed_source& source, tick_log_settings settings) {
  if (source.is_repeatable()) settings.retention_days = 0;
  return settings;
}

result<epoch> read_data_epoch(const slot_context& context) {
  return read_log_description(slot_log_directory(*context.host, context.slot), *context.files)
      .map([](const auto& description) { return description.data_epoch; });
}

result<void> keep_data_epoch(const slot_context& context, epoch data_epoch) {
  auto directory = slot_log_directory(*context.host, context.slot);
  auto description = read_log_description(directory, *context.files);
  if (!description) return tl::unexpected(description.error());
  if (description->data_epoch == data_epoch) return {};
  description->data_epoch = data_epoch;
  auto written = write_log_description(directory, *description, *context.files);
  if (!written) return written;
  return write_last_data_epoch(context, data_epoch);
}

result<std::shared_ptr<tick_log>> start_slot_log_anew(std::shared_ptr<tick_log> log,
                                                      const slot_context& context,
                                                      const feed_source& source,
                                                      const tick_log_settings& settings,
                                                      record_number after, epoch writer) {
  log.reset();
  auto& files = *context.files;
  auto directory = slot_log_directory(*context.host, context.slot);
  if (auto dropped = drop_directory(files, directory); !dropped)
    return tl::unexpected(dropped.error());
  auto fresh = open_log(directory, settings, files);
  if (!fresh) return fresh;
  if (after.value > 0)
    if (auto begun = (*fresh)->start_after(after, writer); !begun)
      return tl::unexpected(begun.error());
  if (auto described = write_log_description(directory, describe(source), files); !described)
    return tl::unexpected(described.error());
  return fresh;
}

} // namespace tickmesh
