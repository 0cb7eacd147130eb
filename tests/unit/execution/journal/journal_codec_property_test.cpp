// Any events and decisions, as the payload of a journal record.
#include "messages/proto/journal.pb.h"
#include "tests/support/journal_records.hpp"
#include "tests/support/property.hpp"

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <utility>

namespace tickmesh::journal_codec_property_test {

namespace {

struct drawn_events {
  logged_events events;
};

std::string payload_of(const logged_events& events) {
  event_encoder encoder;
  std::string out;
  encoder.encode(events.batch, events.decisions, out);
  return out;
}

std::string text_of(const logged_events& events) {
  wire::JournalPayload payload;
  payload.ParseFromString(payload_of(events));
  return fmt::format("{} marks; {}", events.batch.marks.size(), payload.ShortDebugString());
}

/// RapidCheck finds it by its name.
void showValue(const drawn_events& drawn, std::ostream& out) {
  out << text_of(drawn.events);
}

rc::Gen<drawn_events> any_events() {
  return made_of_numbers([](drawn_numbers numbers) {
    return drawn_events{event_maker{std::move(numbers)}.make_batch(4, 3)};
  });
}

} // namespace

TEST_CASE("any events and decisions come back from a payload") {
  check_property([] {
    auto [events] = *any_events().as("events");
    auto payload = payload_of(events);
    event_decoder decoder;
    logged_events back;
    auto done = decoder.decode({.first = events.batch.first_number,
                                .events = static_cast<std::uint32_t>(events.batch.size()),
                                .writer = epoch{1},
                                .payload = payload},
                               back);
    if (!done) RC_FAIL(done.error().message);
    RC_LOG() << "back: " << text_of(back) << '\n';
    RC_ASSERT(events.batch.marks == back.batch.marks);
    RC_ASSERT(events.decisions.verdicts == back.decisions.verdicts);
    RC_ASSERT(events.decisions.commands == back.decisions.commands);
    RC_ASSERT(is_same(events, back));
  });
}

} // namespace tickmesh::journal_codec_property_test
