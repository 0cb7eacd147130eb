// `tickmesh ticks export` and `tickmesh ticks import`: ticks out of tick logs and into them.
#include "actors/market/sources/open_source.hpp"
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/transfer/tick_export.hpp"
#include "actors/market/transfer/tick_import.hpp"
#include "apps/host/logging.hpp"
#include "apps/host/progress_bar.hpp"
#include "apps/settings/command_settings.hpp"
#include "apps/verbs/commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace tickmesh {

namespace {

using json = nlohmann::ordered_json;

/// What an import has read, and left out.
struct imported_files {
  slot_totals totals;
  std::vector<file_leftovers> leftovers;
};

result<imported_files> import_files(const settings& config,
                                    const std::filesystem::path& directory) {
  progress_bar bar{"import"};
  file_source_options files;
  files.spool_directory = std::filesystem::absolute(directory).parent_path();
  files.on_rows = [&bar](std::uint64_t rows) { bar.show(rows); };
  auto source = open_source(config.source, config.instruments, {.file = files});
  if (!source) return tl::unexpected(source.error());
  import_options options;
  options.out = directory;
  options.cleaning = config.cleaning;
  options.segment_mib = config.tick_log.segment_mib;
  auto totals = import_ticks(*source, config.instruments, options,
                             [&bar](std::uint64_t done) { bar.show(done); });
  if (!totals) return tl::unexpected(totals.error());
  return imported_files{*totals, (*source)->leftovers()};
}

std::uint64_t malformed_in(const std::vector<file_leftovers>& files) {
  std::uint64_t out = 0;
  for (auto& left : files)
    out += left.malformed;
  return out;
}

json by_file(const std::vector<file_leftovers>& files) {
  json out = json::object();
  for (auto& left : files)
    if (left.malformed > 0) out[left.file] = left.malformed + out.value(left.file, 0U);
  return out;
}

/// An import that accepts nothing has failed, and most often for want of instruments.
int judge_import(const slot_totals& totals, bool has_config) {
  if (totals.accepted > 0) return 0;
  auto unknown = totals.rejected[static_cast<std::size_t>(reject_reason::unknown_symbol)];
  fmt::print(stderr, "tickmesh: not one tick was accepted{}\n",
             unknown == 0 || unknown != totals.records_in ? ""
             : has_config ? ": no symbol of the files has an entry in the file of instruments"
                          : ": no symbol of the files has an instrument entry; name a "
                            "configuration whose instruments have one, e.g. --config "
                            "config/embedded.toml");
  return exit_failure;
}

} // namespace

int export_ticks(const ticks_export_flags& flags) {
  auto logs = find_slot_logs(flags.path);
  if (!logs) return fail_with(logs.error());
  export_request request;
  request.logs = std::move(*logs);
  request.trading_day = flags.day;
  request.symbols = flags.symbols;
  request.format = flags.format == "npy" ? export_format::npy : export_format::csv;
  request.out = flags.out;
  request.rejected = flags.rejected;
  auto counts = [&] {
    progress_bar bar{"export"};
    return export_ticks(request,
                        [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
  }();
  if (!counts) return fail_with(counts.error());
  auto directory = (request.out / fmt::format("{:08}", request.trading_day)).string();
  if (flags.json)
    fmt::print("{}\n", json{{"directory", directory},
                            {"symbols", counts->symbols},
                            {"ticks", counts->ticks},
                            {"rejected", counts->rejected}}
                           .dump(2));
  else
    fmt::print("{}: {} symbols, {} ticks, {} rejected\n", directory, counts->symbols, counts->ticks,
               counts->rejected);
  return 0;
}

int import_ticks(const ticks_import_flags& flags) {
  auto loaded = load_command_settings(
      flags.config,
      {{"source.kind", "file", "FILE"},
       {"source.file.paths", fmt::format("{}", fmt::join(flags.files, ",")), "FILE"}});
  if (print_faults(loaded.faults)) return exit_usage;
  if (auto logging = start_logging(loaded.value.log, loaded.value.host.id); !logging)
    return fail_with(logging.error());
  auto directory = std::filesystem::path{flags.out} / "data-0";
  auto imported = import_files(loaded.value, directory);
  if (!imported) return fail_with(imported.error());
  auto& totals = imported->totals;
  auto malformed = malformed_in(imported->leftovers);
  json rejected = json::object();
  std::string reasons;
  for (std::size_t i = 0; i < reject_reason_count; ++i) {
    if (totals.rejected[i] == 0) continue;
    rejected[std::string{reject_reason_names[i]}] = totals.rejected[i];
    reasons += fmt::format("  {} {}", reject_reason_names[i], totals.rejected[i]);
  }
  if (flags.json)
    fmt::print("{}\n", json{{"directory", directory.string()},
                            {"records", totals.records_in},
                            {"accepted", totals.accepted},
                            {"rejected", rejected},
                            {"malformed", malformed},
                            {"malformed_by_file", by_file(imported->leftovers)}}
                           .dump(2, ' ', false, json::error_handler_t::replace));
  else
    fmt::print("{}: {} records, {} accepted, {} rejected, {} rows malformed{}\n",
               directory.string(), totals.records_in, totals.accepted,
               totals.records_in - totals.accepted, malformed, reasons);
  return judge_import(totals, !flags.config.file.empty());
}

} // namespace tickmesh
