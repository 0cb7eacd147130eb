// Which trading day a record belongs to: sessions and calendar say so, not the record. Plain class
// behind file_source and socket_server.
#pragma once

#include "messages/instrument.hpp"
#include "messages/session_calendar.hpp"
#include "messages/tick.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

/// An instrument with sessions and a calendar has the trading day that they give to a stamp,
/// whatever the record says: exchanges put different dates on a night session. Else the day that
/// the record states counts, if it is one that a session around the stamp may belong to; a record
/// that states none has the day of the sessions, or the stamp's UTC date.
class trading_day_rule {
public:
  /// A rule for no symbol yet. `instruments` must outlive the last `add`.
  explicit trading_day_rule(const instrument_table& instruments) : instruments_(&instruments) {}

  /// Takes in the symbol of the next id. Fails on an instrument of an unknown time zone.
  result<void> add(const std::string& symbol);

  /// `symbols` by id. Fails on an instrument of an unknown time zone.
  static result<trading_day_rule> make(const std::vector<std::string>& symbols,
                                       const instrument_table& instruments);

  /// The record's trading day; its symbol's id and its event time are those that count.
  std::int32_t find_day(const tick& record);

  /// Sets the record's trading day, and counts where it stated another.
  void apply(tick& record);

  /// Records that stated another day than they were given.
  std::uint64_t corrected() const { return corrected_; }

  /// The first of them, as it came, and the day that it was given.
  struct correction {
    tick stated;
    std::int32_t given = 0;
  };
  const std::optional<correction>& first_correction() const { return first_; }

private:
  struct symbol_days {
    std::shared_ptr<session_calendar> sessions; ///< null: none are known
    bool has_calendar = false;                  ///< weekends and holidays are known, too
  };

  const instrument_table* instruments_;
  std::map<const instrument*, std::shared_ptr<session_calendar>> calendars_;
  std::vector<symbol_days> symbols_;
  std::uint64_t corrected_ = 0;
  std::optional<correction> first_;
};

} // namespace tickmesh
