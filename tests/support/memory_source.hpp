// A source of ticks that a test has in memory.
#pragma once

#include "actors/market/cleaning/tick_cleaner.hpp"
#include "actors/market/feed/feed.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

class memory_source final : public feed_source, public std::enable_shared_from_this<memory_source> {
public:
  /// `records` are in the order of their event times.
  memory_source(const std::vector<std::string>& symbols, std::vector<tick> records)
      : symbols_(symbols), records_(std::move(records)) {}

  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return names_; }
  std::uint64_t fingerprint() const override { return records_.size(); }
  using feed_source::open;
  std::unique_ptr<feed> open(const resume_points&) const override {
    return std::make_unique<cursor>(shared_from_this());
  }

  std::map<std::string, std::uint64_t> counts{}; ///< what its cursors tell

private:
  class cursor final : public marked_feed {
  public:
    explicit cursor(std::shared_ptr<const memory_source> source)
        : marked_feed(std::chrono::milliseconds{10}), source_(std::move(source)) {}

    std::map<std::string, std::uint64_t> counts() const override { return source_->counts; }

  protected:
    bool read(tick& out) override {
      if (next_ == source_->records_.size()) return false;
      out = source_->records_[next_++];
      out.number = {};
      out.effective_time = out.event_time;
      return true;
    }

  private:
    std::shared_ptr<const memory_source> source_;
    std::size_t next_ = 0;
  };

  symbol_table symbols_;
  std::vector<tick> records_;
  std::vector<std::string> names_{"memory"};
};

/// What cleaning leaves of a source, by symbol, and how many records it rejects.
struct cleaned_source {
  std::map<symbol_id, std::vector<tick>> ticks;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
};
inline cleaned_source clean_all(const feed_source& source, const instrument_table& instruments) {
  cleaned_source out;
  std::map<symbol_id, tick_cleaner> cleaners;
  auto cursor = source.open();
  tick t;
  for (;;) {
    auto event = cursor->next(t);
    if (event == feed_event::end) return out;
    if (event != feed_event::record) continue;
    auto known = instruments.find(source.symbols().name(t.symbol)) != nullptr;
    auto& cleaner = cleaners.try_emplace(t.symbol, cleaning_settings{}, known).first->second;
    if (cleaner.clean(t)) {
      ++out.rejected;
      continue;
    }
    ++out.accepted;
    t.source_mark = {}; // does not travel
    out.ticks[t.symbol].push_back(t);
  }
}

} // namespace tickmesh
