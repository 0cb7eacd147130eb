#include "actors/execution/snapshot/slot_snapshot.hpp"

#include "actors/execution/configuration/configuration_codec.hpp"
#include "actors/execution/replay/replay_venues.hpp"
#include "actors/execution/snapshot/state_fields.hpp"
#include "messages/proto/journal.pb.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <bit>
#include <cstring>

namespace tickmesh {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::array<char, 8> magic{'T', 'M', 'S', 'N', 'A', 'P', '0', '1'};

struct file_header {
  std::array<char, 8> mark = magic;
  std::uint32_t layout = state_layout_version;
  std::uint32_t unused = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(file_header) == 32);
constexpr std::size_t checked_bytes = sizeof(file_header) - sizeof(std::uint64_t);

std::uint64_t checksum_of(std::string_view file) {
  auto body = file.substr(sizeof(file_header));
  return XXH3_64bits_withSeed(body.data(), body.size(), XXH3_64bits(file.data(), checked_bytes));
}

template <class Archive>
void persist_fields(Archive& archive, snapshot_head& v) {
  auto& [event, time, record, build, has_rows, held_back] = v;
  archive(event, time, record, build, has_rows, held_back);
}

/// Reads one part to its end.
template <class Read>
result<void> read_part(std::string_view bytes, std::uint32_t layout, std::string_view what,
                       Read read) {
  state_reader archive{bytes, layout};
  read(archive);
  if (!archive.is_done())
    return fail(fmt::format("{} can't be read: it was written in another layout under the same "
                            "version",
                            what));
  return {};
}

} // namespace

std::string make_snapshot(const slot_parts& parts, std::uint64_t record, std::string_view build,
                          bool has_rows) {
  auto& [trading, sequencer, guard, held_back] = parts;
  snapshot_head head{.event = trading.last_event(),
                     .time = sequencer.last_time(),
                     .record = record,
                     .build = std::string{build},
                     .has_rows = has_rows,
                     .held_back = held_back};
  state_writer body;
  persist_fields(body, head);
  body.put_text(encode_configuration(trading.configuration()));
  body.part([&](auto& part) { trading.persist(part); });
  body.part([&](auto& part) {
    if (has_rows) trading.persist_rows(part);
  });
  body.part([&](auto& part) { sequencer.persist(part); });
  body.part([&](auto& part) { guard.persist(part); });
  file_header header;
  header.body_bytes = body.bytes().size();
  std::string out(sizeof header, '\0');
  out += body.bytes();
  std::memcpy(out.data(), &header, sizeof header);
  header.checksum = checksum_of(out);
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

result<slot_snapshot> slot_snapshot::parse(std::string bytes) {
  file_header header;
  if (bytes.size() < sizeof header) return fail("is no snapshot: it is too short");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.mark != magic) return fail("is no snapshot");
  if (header.body_bytes != bytes.size() - sizeof header || header.checksum != checksum_of(bytes))
    return fail("is damaged: its checksum does not fit its content");
  if (header.layout < state_layout_oldest || header.layout > state_layout_version)
    return fail(fmt::format("is of layout {}; this program reads {} to {}", header.layout,
                            state_layout_oldest, state_layout_version));
  slot_snapshot out;
  // On the heap whatever its length, which is more than that of a header.
  out.bytes_ = std::move(bytes);
  out.layout_ = header.layout;
  state_reader body{std::string_view{out.bytes_}.substr(sizeof header), header.layout};
  persist_fields(body, out.head_);
  auto configuration = body.get_text();
  for (auto* part : {&out.trading_, &out.rows_, &out.sequencer_, &out.guard_})
    *part = body.get_text();
  wire::SlotConfigured message;
  if (!body.is_done() ||
      !message.ParseFromArray(configuration.data(), static_cast<int>(configuration.size())))
    return fail("can't be read: it was written in another layout under the same version");
  auto read = read_configuration(message);
  if (!read) return tl::make_unexpected(read.error());
  out.configuration_ = std::move(*read);
  return out;
}

result<slot_snapshot> slot_snapshot::read(file_system& files, const std::filesystem::path& file) {
  auto bytes = read_file(files, file);
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto out = parse(std::move(*bytes));
  if (!out) return fail(fmt::format("{} {}", file.string(), out.error().message));
  return out;
}

result<std::unique_ptr<trading_state>> slot_snapshot::make_trading(bool makes_rows) const {
  auto out =
      std::make_unique<trading_state>(configuration_.settings, configuration_.universe, makes_rows);
  auto done = read_part(trading_, layout_, "the trading state",
                        [&](auto& archive) { out->persist(archive); });
  if (done && makes_rows && head_.has_rows)
    done =
        read_part(rows_, layout_, "the rows", [&](auto& archive) { out->persist_rows(archive); });
  if (done && out->last_event() != head_.event)
    done = fail("the trading state is of another event");
  if (!done) return tl::make_unexpected(done.error());
  return out;
}

result<void> slot_snapshot::check_restorable() const {
  event_sequencer sequencer{configuration_.settings, replay_venues()};
  send_guard guard;
  return restore(sequencer, guard);
}

result<void> slot_snapshot::restore(event_sequencer& sequencer, send_guard& guard) const {
  sequencer.configure(configuration_.settings);
  auto done = read_part(sequencer_, layout_, "the sequencer",
                        [&](auto& archive) { sequencer.persist(archive); });
  if (!done) return done;
  return read_part(guard_, layout_, "the guard", [&](auto& archive) { guard.persist(archive); });
}

} // namespace tickmesh
