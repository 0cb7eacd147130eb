// Which snapshots of a journal are kept, and how far its files may go. Plain class behind the slot
// that starts and behind snapshot_keeper.
#pragma once

#include "actors/execution/journal/journal.hpp"
#include "messages/timestamp.hpp"

#include <cstdint>
#include <filesystem>
#include <map>

namespace tickmesh {

/// The two newest sound snapshots are kept, always. Where files of the journal are let go of, one
/// of each day is, too, as far back as the journal goes: what is asked about the past begins with
/// the oldest.
class snapshot_shelf {
public:
  /// `log` is the journal, which this process owns.
  explicit snapshot_shelf(journal& log, file_system& files = posix_file_system())
      : log_(log), files_(files) {}

  /// Removes snapshots that are beyond the journal's end, which a loss of power has shortened, and
  /// what was not written to its end. Before anything is appended. Returns how many.
  result<std::size_t> drop_what_never_was();

  /// Removes snapshots that nobody needs any more, and before them files of the journal that lie
  /// whole behind a snapshot which is older by `keeps` than the newest one, by the events' time,
  /// and not the last but one. 0: all files stay. Dying on the way is no harm.
  result<void> tidy(nanoseconds keeps);

private:
  result<void> refresh();
  result<void> release(nanoseconds keeps);
  result<void> thin_out(bool keeps_days);

  journal& log_;
  file_system& files_;
  std::map<std::uint64_t, timestamp> sound_; ///< by event; each is read but once
  std::vector<std::uint64_t> damaged_;
};

} // namespace tickmesh
