// What the page of a run shows over time: what happened to each symbol, and the account's profit.
// Used by run_report.
#pragma once

#include "apps/reports/thinned_series.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Something that happened to a symbol at a price; times are ms since 1970.
struct price_event {
  double time = 0;
  double price = 0;
  int direction = 0;
  double volume = 0;
  std::string verdict{};
};

/// Events of one kind, buys and sells thinned apart.
class event_series {
public:
  explicit event_series(std::size_t most) : buys_(most), sells_(most) {}

  void add(price_event event) { (event.direction < 0 ? sells_ : buys_).add(std::move(event)); }
  std::uint64_t count() const { return buys_.count() + sells_.count(); }
  nlohmann::ordered_json to_json(bool has_volume, bool has_verdict) const;

private:
  thinned_series<price_event> buys_;
  thinned_series<price_event> sells_;
};

/// A symbol, all its strategies together. Of each kind of event and direction, at least `most` are
/// kept.
struct symbol_story {
  explicit symbol_story(std::size_t most) : signals(most), fills(most), refused(most) {}

  struct held_after {
    double time = 0;
    double held = 0;
  };

  nlohmann::ordered_json to_json(const std::string& name) const;

  double interval = 0; ///< of bars, ms
  std::vector<double> times;
  std::vector<double> high;
  std::vector<double> low;
  std::vector<double> close;
  event_series signals;
  event_series fills;
  event_series refused;
  std::vector<held_after> position;
  double held = 0;
  double profit = 0;
};

/// The account's profit: of each stretch its lowest and its highest point, and how far it ever
/// fell.
class profit_story {
public:
  struct point {
    double time = 0;
    double total = 0;
    double realised = 0;
  };

  void add(const point& p);
  double drawdown() const { return worst_; } ///< at most 0
  nlohmann::ordered_json to_json() const;

private:
  std::vector<point> points_;
  double peak_ = 0; // the account begins with nothing won or lost
  double worst_ = 0;
};

} // namespace tickmesh
