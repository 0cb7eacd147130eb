// What a slot's feed has brought so far, for the one that takes its place after a crash. Plain
// class behind data_slot.
#pragma once

#include "actors/market/feed/feed_reader.hpp"

#include <utility>

namespace tickmesh {

class feed_progress {
public:
  /// `logged`: where the first feed of the slot begins. `is_live`: of a source that has no history.
  feed_progress(logged_before logged, bool is_live)
      : start_(std::move(logged)), is_live_(is_live) {}

  /// A round has come to the slot, whatever becomes of its parts.
  void came(const round_outline& round) {
    read_.time_mark = round.time_mark;
    read_.ended = round.end;
    read_.records += round.records;
    if (!is_live_) return;
    start_.resume.positions = round.read_up_to;
    start_.resume.time_mark = round.time_mark;
  }

  /// Where the next feed begins; `accepted` as in resume_points.
  logged_before start(const source_positions& accepted) const {
    auto out = start_;
    if (is_live_) out.resume.accepted = accepted;
    return out;
  }

  /// What the next feed passes over, but for the rounds that are open.
  const read_before& read() const { return read_; }

private:
  logged_before start_;
  read_before read_;
  bool is_live_;
};

} // namespace tickmesh
