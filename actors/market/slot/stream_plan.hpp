// Which symbols a data slot owns, which calculation slot each of them goes to, and what its streams
// begin with. Plain functions behind data_slot.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "actors/market/slot/stream_encoder.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "runtime/cluster/cluster_view.hpp"
#include "runtime/log/file_system.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct symbol_owners {
  std::vector<bool> own;             ///< by symbol: the slot owns it
  std::vector<slot_name> calc_slots; ///< the owner of each symbol
};

/// Precondition: the view has data and calculation slots.
symbol_owners find_owners(const cluster_view& view, slot_name slot);

struct stream_start {
  stream_encoder_options encoder;
  std::vector<tick> logged; ///< of a live source: where the log ends, oldest first
};

struct stream_plan_settings {
  const feed_source& source;
  const instrument_table& instruments;
  cleaning_settings cleaning{};
  nanoseconds mark_interval{}; ///< see stream_encoder_options
  epoch data_epoch{};          ///< of a live source's numbers
  /// The tick log that the streams of a live source go on behind; nothing where it has no record.
  std::optional<std::filesystem::path> log{};
  file_system* files = &posix_file_system(); ///< that it is read with
};

/// The streams of the symbols that are `own`. Fails where the log can't be read.
result<std::vector<stream_start>> plan_streams(const std::vector<std::string>& symbols,
                                               const std::vector<bool>& own,
                                               const stream_plan_settings& settings);

} // namespace tickmesh
