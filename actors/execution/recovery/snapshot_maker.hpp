// Makes snapshots of a journal while a slot writes it, from the journal alone: loads the last one
// and goes through what came since, which checks every decision of this program once more. Plain
// class behind snapshot_keeper.
#pragma once

#include "actors/execution/configuration/slot_configuration.hpp"
#include "actors/execution/venues/order_venue.hpp"
#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

namespace tickmesh {

struct snapshot_maker_options {
  std::filesystem::path directory; ///< of the journal
  /// What it was written with, as far as it does not say so itself; `build` is this program.
  slot_configuration given;
  std::shared_ptr<const instrument_table> instruments{};
  bool makes_rows = true;
  venue_maker start_venue = make_venue;      ///< of venues inside
  file_system* files = &posix_file_system(); ///< that journal and snapshots are in
};

class snapshot_maker {
public:
  explicit snapshot_maker(snapshot_maker_options options) : options_(std::move(options)) {}

  /// Makes one behind the last record that ends at `through` or before. Returns its event; 0 where
  /// nothing has come since the last one, or `goes_on` has said no. Fails where the journal is
  /// damaged, where this program decides otherwise than it did, and where the file can't be
  /// written.
  result<std::uint64_t> make(std::uint64_t through, const std::function<bool()>& goes_on = nullptr);

private:
  snapshot_maker_options options_;
};

} // namespace tickmesh
