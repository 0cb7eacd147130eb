#include "actors/execution/journal/journal_verify.hpp"

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

class verifier {
public:
  verifier(std::filesystem::path directory, file_system& files)
      : directory_(std::move(directory)), files_(files) {}

  result<journal_verification> run() {
    auto state = read_journal_state(files_, directory_);
    if (!state) return tl::make_unexpected(state.error());
    auto firsts = list_journal_files(files_, directory_);
    if (!firsts) return tl::make_unexpected(firsts.error());
    out_.last_event = state->released;
    for (auto first : *firsts)
      if (auto done = check_file(first, first == firsts->back()); !done)
        return tl::make_unexpected(done.error());
    if (out_.last_event < state->synced)
      report(directory_, 0,
             fmt::format("events {} to {} were synced and are missing", out_.last_event + 1,
                         state->synced));
    return std::move(out_);
  }

private:
  void report(const std::filesystem::path& file, std::uint64_t offset, std::string what) {
    out_.damages.push_back({file, offset, std::move(what)});
  }

  result<void> check_file(std::uint64_t first_event, bool is_newest) {
    auto path = directory_ / journal_file_name(first_event);
    auto found = read_file(files_, path, bytes_);
    if (!found) return tl::make_unexpected(found.error());
    if (!*found) { // released meanwhile
      was_released_ = true;
      return {};
    }
    ++out_.files;
    if (!bytes_.empty() && first_event != out_.last_event + 1 && !was_released_)
      report(path, 0, fmt::format("event {} follows event {}", first_event, out_.last_event));
    was_released_ = false;
    out_.last_event = first_event - 1;
    parsed_journal_record parsed;
    for (std::size_t at = 0; at < bytes_.size();) {
      auto parse = parse_journal_record(std::string_view{bytes_}.substr(at), parsed);
      if (parse == frame_state::complete) {
        check_record(path, at, parsed.record);
        at += parsed.bytes;
        continue;
      }
      auto next = find_journal_record(bytes_, at + 8, parsed);
      if (!next && is_newest && parse == frame_state::cut_off) {
        out_.unfinished_bytes = bytes_.size() - at;
        break;
      }
      report(path, at, "the record is damaged or incomplete");
      if (!next) break;
      at = *next;
    }
    return {};
  }

  void check_record(const std::filesystem::path& path, std::uint64_t offset,
                    const journal_record& record) {
    ++out_.records;
    out_.events += record.events;
    if (record.first != out_.last_event + 1)
      report(path, offset, fmt::format("event {} follows event {}", record.first, out_.last_event));
    if (record.writer < writer_)
      report(path, offset,
             fmt::format("epoch {} follows epoch {}", record.writer.value, writer_.value));
    if (out_.first_event == 0) out_.first_event = record.first;
    out_.last_event = record.last();
    writer_ = record.writer;
    if (auto done = decoder_.decode(record, events_); !done)
      return report(path, offset, done.error().message);
    for (auto& placed : events_.batch.others) {
      if (placed.event.time < time_)
        report(path, offset,
               fmt::format("the time of event {} is before that of an earlier one",
                           placed.event.number));
      time_ = placed.event.time;
    }
  }

  std::filesystem::path directory_;
  file_system& files_;
  journal_verification out_;
  bool was_released_ = false; ///< the file before
  std::string bytes_;
  event_decoder decoder_;
  logged_events events_;
  epoch writer_{};
  timestamp time_ = timestamp::min();
};

} // namespace

result<journal_verification> verify_journal(const std::filesystem::path& directory,
                                            file_system& files) {
  return verifier{directory, files}.run();
}

} // namespace tickmesh
