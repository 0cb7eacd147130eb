#include "actors/market/feed/fingerprint.hpp"

#include <xxhash.h>

#include <array>
#include <bit>

namespace tickmesh {

static_assert(std::endian::native == std::endian::little, "words are hashed as they lie in memory");

fingerprint_builder::fingerprint_builder() : state_(XXH3_createState()) {
  XXH3_64bits_reset(state_.get());
}

void fingerprint_builder::state_deleter::operator()(XXH3_state_s* state) const {
  XXH3_freeState(state);
}

void fingerprint_builder::add(std::int64_t value) {
  XXH3_64bits_update(state_.get(), &value, sizeof value);
}

void fingerprint_builder::add(std::string_view text) {
  add(static_cast<std::int64_t>(text.size()));
  XXH3_64bits_update(state_.get(), text.data(), text.size());
}

void fingerprint_builder::add(const tick& t) {
  auto turnover = static_cast<uint128>(t.turnover.value);
  std::array<std::int64_t, 20> words{
      static_cast<std::int64_t>(t.symbol.value),
      static_cast<std::int64_t>(t.kind) | static_cast<std::int64_t>(t.is_time_jump) << 8 |
          static_cast<std::int64_t>(t.totals_of_day) << 9,
      static_cast<std::int64_t>(t.aggressor),
      static_cast<std::int64_t>(t.source.value),
      static_cast<std::int64_t>(t.position.value),
      static_cast<std::int64_t>(t.record_id),
      t.trading_day,
      to_ns(t.event_time),
      t.last.value,
      t.volume.value,
      t.cumulative_volume.value,
      static_cast<std::int64_t>(static_cast<std::uint64_t>(turnover)),
      static_cast<std::int64_t>(static_cast<std::uint64_t>(turnover >> 64)),
      t.open_interest.value,
      t.bid.value,
      t.bid_volume.value,
      t.ask.value,
      t.ask_volume.value,
      to_ns(t.source_mark),
      to_ns(t.effective_time),
  };
  XXH3_64bits_update(state_.get(), words.data(), sizeof words);
}

std::uint64_t fingerprint_builder::value() const {
  return XXH3_64bits_digest(state_.get());
}

} // namespace tickmesh
