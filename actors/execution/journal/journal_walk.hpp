// Goes through a journal, record after record, decoded: the one way for whoever applies, replays or
// asks it. Needs no lock, so the slot may still be writing.
#pragma once

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal_reader.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace tickmesh {

class journal_walk {
public:
  explicit journal_walk(const std::filesystem::path& directory,
                        file_system& files = posix_file_system())
      : reader_(directory, files) {}

  /// Goes on behind this event; 0: from the first one.
  void go_behind(std::uint64_t event) {
    last_event_ = event;
    seeks_ = event > 0;
  }

  /// Goes on with the record that holds this event, from 1.
  void go_to(std::uint64_t event) {
    last_event_ = event - 1;
    seeks_ = begins_anywhere_ = true;
  }
  /// Goes on with the first record that is kept.
  void go_to_first_kept() { begins_anywhere_ = true; }

  /// The next record, valid until the next call; null where there is none yet, or where it goes
  /// beyond `through`: a later call looks again. Fails where the journal is damaged, and where the
  /// events behind the last one are not kept any more.
  result<const logged_events*> next(std::uint64_t through = UINT64_MAX);

  /// The bytes of the record that `next` gave.
  const journal_record& record() const { return *record_; }
  /// A fault in that record: file, offset, what.
  tl::unexpected<fault> fault_here(std::string_view what) const;

private:
  journal_reader reader_;
  event_decoder decoder_;
  logged_events logged_;
  const journal_record* record_ = nullptr;
  std::uint64_t last_event_ = 0;
  bool seeks_ = false; ///< the reader does not stand behind last_event_
  bool begins_anywhere_ = false;
};

} // namespace tickmesh
