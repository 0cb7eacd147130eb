// A batch of events and what was decided at them to and from the payload of one journal record:
// marks in columns, the others as Protobuf (messages/proto/journal.proto). The journal itself does
// not look into payloads.
#pragma once

#include "actors/execution/events/batch_decisions.hpp"
#include "actors/execution/journal/journal_record.hpp"
#include "actors/execution/journal/mark_columns.hpp"
#include "messages/result.hpp"

#include <memory>
#include <string>

namespace tickmesh {

namespace wire {
class JournalEvent;
}

/// Writes payloads one after the other, with memory that is used again.
class event_encoder {
public:
  event_encoder();
  event_encoder(event_encoder&&) noexcept;
  event_encoder& operator=(event_encoder&&) noexcept;
  ~event_encoder();

  /// Puts the payload in `out`. Preconditions: the batch has an event and at most
  /// record_events_max, their numbers are consecutive, and the decisions' places are in it.
  void encode(const event_batch& batch, const batch_decisions& decisions, std::string& out);

private:
  mark_column_encoder marks_;
  std::unique_ptr<wire::JournalEvent> event_;
};

/// What a record holds, as it was encoded.
struct logged_events {
  event_batch batch;
  batch_decisions decisions;
};

class event_decoder {
public:
  event_decoder();
  event_decoder(event_decoder&&) noexcept;
  event_decoder& operator=(event_decoder&&) noexcept;
  ~event_decoder();

  /// Reads a record into `out`, whose memory is used again. Fails on a version or a kind of event
  /// that is not known, and on malformed bytes.
  result<void> decode(const journal_record& record, logged_events& out);

private:
  result<void> decode_event(std::string_view bytes, logged_events& out);

  mark_column_decoder marks_;
  std::unique_ptr<wire::JournalEvent> event_;
};

} // namespace tickmesh
