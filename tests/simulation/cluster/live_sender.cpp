#include "tests/simulation/cluster/live_sender.hpp"

#include "messages/exchange_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace tickmesh {

namespace {

using std::chrono::milliseconds;

} // namespace

live_sender::live_sender(std::shared_ptr<const feed_source> market, const source_settings& settings,
                         std::vector<std::size_t> hosts, std::uint64_t seed)
    : market_(std::move(market)), settings_(settings), random_(seed), tells_day_(chance(50)) {
  auto cursor = market_->open();
  tick record;
  for (auto event = cursor->next(record); event != feed_event::end; event = cursor->next(record))
    if (event == feed_event::record) records_.push_back(record);
  accepted_.resize(market_->symbols().size());
  for (auto host : hosts)
    links_[host];
}

std::shared_ptr<const live_source> live_sender::begin_life(std::size_t host) {
  auto& link = links_.at(host);
  link.source = std::make_shared<live_source>(
      settings_, market_, [this](const std::vector<bool>& own, source_position up_to) {
        auto number = to_live_position(up_to).number;
        for (std::size_t symbol = 0; symbol < own.size(); ++symbol)
          if (own[symbol]) accepted_[symbol] = std::max(accepted_[symbol], number);
      });
  link.has_greeting = false;
  return link.source;
}

void live_sender::end_life(std::size_t host) {
  auto found = links_.find(host);
  if (found == links_.end()) return;
  if (auto source = std::exchange(found->second.source, nullptr)) source->end_life();
}

void live_sender::cut(std::size_t host, nanoseconds now) {
  auto found = links_.find(host);
  if (found == links_.end() || found->second.source == nullptr) return;
  found->second.source->disconnect();
  found->second.source->take_replies();
  found->second.retry_at = now + milliseconds{random_() % 300};
}

void live_sender::work(std::size_t host, nanoseconds now) {
  auto found = links_.find(host);
  if (found == links_.end() || found->second.source == nullptr) return;
  auto& link = found->second;
  if (!link.source->is_connected()) {
    if (now < link.retry_at) return;
    link.source->connect();
    link.has_greeting = link.has_said_day = link.has_said_end = false;
    ++counts_["connections of the sender"];
  }
  // Words may be under way for a while, and are lost with the process.
  if (!link.has_greeting || chance(50)) hear(link, now);
  if (link.source->is_connected()) say_due(link, now);
  if (chance(50)) hear(link, now);
}

void live_sender::hear(host_link& from, nanoseconds now) {
  std::istringstream lines{from.source->take_replies()};
  for (std::string line; std::getline(lines, line);) {
    std::uint64_t number = 0;
    std::int32_t version = 0, day = 0;
    if (std::sscanf(line.c_str(), "hello,%d,%lu,%d", &version, &number, &day) == 3)
      take_greeting(from, number, day);
    else if (std::sscanf(line.c_str(), "ack,%lu", &number) == 1)
      from.told = std::max(from.told, number);
    else if (line.starts_with("closing,"))
      from.lacks_numbers = line.find("does not follow on") != std::string::npos;
  }
  if (!from.source->is_connected()) from.retry_at = now + milliseconds{random_() % 50};
}

/// Behind number 0 of a day, that day is over. A host that has not begun with its slots asks for
/// everything, too: only when it refuses what is there, it needs the rest.
void live_sender::take_greeting(host_link& from, std::uint64_t number, std::int32_t day) {
  from.has_greeting = true;
  bool is_over = day != 0 && number == 0;
  auto let_go = forgotten();
  from.next = is_over ? records_.size() + 1 : number + 1;
  from.must_say_gap = from.next <= let_go && (day != 0 || from.lacks_numbers);
  from.lacks_numbers = false;
  if (from.must_say_gap)
    complaint_ = fmt::format("the sender is asked to go on behind {}, and all have acknowledged "
                             "what comes up to {}",
                             number, let_go);
  if (from.must_say_gap || is_over) return;
  // What was had may come again.
  if (chance(20)) from.next -= std::min(random_() % 20, from.next - 1);
  from.next = std::max(from.next, let_go + 1);
}

void live_sender::say(host_link& to, const sender_item& item) {
  if (to.source->is_connected()) to.source->take(item);
}

void live_sender::say_due(host_link& to, nanoseconds now) {
  using kind = sender_item::kind;
  auto day = records_.front().trading_day;
  while (to.source->is_connected() && to.source->has_room()) {
    if (tells_day_ && !std::exchange(to.has_said_day, true)) {
      sender_item said;
      said.is = kind::day;
      said.day = day;
      say(to, said);
      continue;
    }
    if (std::exchange(to.must_say_gap, false)) {
      sender_item gap;
      gap.is = kind::gap;
      gap.gap_first = to.next;
      gap.number = forgotten();
      to.next = gap.number + 1;
      ++counts_["gaps of the sender"];
      say(to, gap);
      continue;
    }
    if (to.next > records_.size()) {
      if (std::exchange(to.has_said_end, true)) return;
      sender_item end;
      end.is = kind::end;
      return say(to, end);
    }
    auto& record = records_[to.next - 1];
    if (record.event_time - settings_.sim.start > now) return;
    sender_item said;
    said.is = kind::record;
    said.number = to.next++;
    said.record = record;
    say(to, said);
  }
}

std::string live_sender::describe() const {
  auto out = fmt::format("the sender has {} records and needs those up to {} no more",
                         records_.size(), forgotten());
  for (auto& [host, link] : links_)
    if (link.source != nullptr)
      out += fmt::format(", says {}{} to host {} ({})", link.next,
                         link.has_said_end ? " and the end" : "", host,
                         !link.source->is_connected() ? "not connected"
                         : link.source->has_room()    ? "which reads"
                                                      : "which does not read");
  return out;
}

/// Up to this number, every data host has acknowledged what it was sent.
std::uint64_t live_sender::forgotten() const {
  auto least = std::ranges::min_element(links_, {}, [](auto& link) { return link.second.told; });
  return least->second.told;
}

} // namespace tickmesh
