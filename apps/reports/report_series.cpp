#include "apps/reports/report_series.hpp"

#include <algorithm>
#include <iterator>

namespace tickmesh {

using json = nlohmann::ordered_json;

namespace {

constexpr std::size_t profit_stretches = 1'000; // of the curve
constexpr std::size_t position_stretches = 300; // of one symbol's

/// Of each stretch of the points its lowest and its highest, in their order; and the last of all.
template <class Point, class Value>
std::vector<Point> extremes_of(const std::vector<Point>& points, Value value,
                               std::size_t stretches) {
  std::vector<Point> out;
  auto shown = points.end(); // the last that is
  auto stretch = std::max<std::size_t>(points.size() / stretches, 1);
  for (std::size_t begin = 0; begin < points.size(); begin += stretch) {
    auto from = points.begin() + static_cast<std::ptrdiff_t>(begin);
    auto to =
        points.begin() + static_cast<std::ptrdiff_t>(std::min(begin + stretch, points.size()));
    auto [low, high] = std::minmax_element(
        from, to, [value](const Point& a, const Point& b) { return a.*value < b.*value; });
    out.push_back(*std::min(low, high));
    shown = std::max(low, high);
    if (low != high) out.push_back(*shown);
  }
  if (shown != points.end() && shown + 1 != points.end()) out.push_back(points.back());
  return out;
}

} // namespace

json event_series::to_json(bool has_volume, bool has_verdict) const {
  std::vector<price_event> events;
  std::ranges::merge(buys_.points(), sells_.points(), std::back_inserter(events), {},
                     &price_event::time, &price_event::time);
  json out{{"count", count()}, {"every", std::max(buys_.every(), sells_.every())}};
  auto list = [&](const char* name, auto member) {
    json values = json::array();
    for (auto& e : events)
      values.push_back(e.*member);
    out[name] = std::move(values);
  };
  list("t", &price_event::time);
  list("price", &price_event::price);
  list("direction", &price_event::direction);
  if (has_volume) list("volume", &price_event::volume);
  if (has_verdict) list("verdict", &price_event::verdict);
  return out;
}

json symbol_story::to_json(const std::string& name) const {
  json after{{"t", json::array()}, {"held", json::array()}};
  for (auto& p : extremes_of(position, &held_after::held, position_stretches)) {
    after["t"].push_back(p.time);
    after["held"].push_back(p.held);
  }
  return {{"name", name},
          {"profit", profit},
          {"bars",
           {{"interval", interval}, {"t", times}, {"high", high}, {"low", low}, {"close", close}}},
          {"signals", signals.to_json(false, false)},
          {"fills", fills.to_json(true, false)},
          {"refused", refused.to_json(false, true)},
          {"position", after}};
}

void profit_story::add(const point& p) {
  points_.push_back(p);
  peak_ = std::max(peak_, p.total);
  worst_ = std::min(worst_, p.total - peak_);
}

json profit_story::to_json() const {
  json out{{"t", json::array()}, {"total", json::array()}, {"realised", json::array()}};
  for (auto& p : extremes_of(points_, &point::total, profit_stretches)) {
    out["t"].push_back(p.time);
    out["total"].push_back(p.total);
    out["realised"].push_back(p.realised);
  }
  return out;
}

} // namespace tickmesh
