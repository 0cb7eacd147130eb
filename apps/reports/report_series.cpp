#include "apps/reports/report_series.hpp"

#include <algorithm>

namespace tickmesh {

using json = nlohmann::ordered_json;

namespace {

constexpr std::size_t profit_stretches = 1'000; // of the curve

json events_to_json(const thinned_series<price_event>& events, bool has_volume, bool has_verdict) {
  json out{{"count", events.count()}, {"every", events.every()}};
  auto list = [&](const char* name, auto member) {
    json values = json::array();
    for (auto& e : events.points())
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

} // namespace

json symbol_story::to_json(const std::string& name) const {
  json after{{"t", json::array()}, {"held", json::array()}};
  for (auto& p : position.points()) {
    after["t"].push_back(p.time);
    after["held"].push_back(p.held);
  }
  return {{"name", name},
          {"profit", profit},
          {"bars",
           {{"interval", interval}, {"t", times}, {"high", high}, {"low", low}, {"close", close}}},
          {"signals", events_to_json(signals, false, false)},
          {"fills", events_to_json(fills, true, false)},
          {"refused", events_to_json(refused, false, true)},
          {"position", after}};
}

void profit_story::add(const point& p) {
  points_.push_back(p);
  peak_ = std::max(peak_, p.total);
  worst_ = std::min(worst_, p.total - peak_);
}

json profit_story::to_json() const {
  json out{{"t", json::array()}, {"total", json::array()}, {"realised", json::array()}};
  auto show = [&out](const point& p) {
    out["t"].push_back(p.time);
    out["total"].push_back(p.total);
    out["realised"].push_back(p.realised);
  };
  auto stretch = std::max<std::size_t>(points_.size() / profit_stretches, 1);
  for (std::size_t begin = 0; begin < points_.size(); begin += stretch) {
    auto from = points_.begin() + static_cast<std::ptrdiff_t>(begin);
    auto to =
        points_.begin() + static_cast<std::ptrdiff_t>(std::min(begin + stretch, points_.size()));
    auto [low, high] = std::minmax_element(
        from, to, [](const point& a, const point& b) { return a.total < b.total; });
    show(std::min(low, high) == low ? *low : *high);
    if (low != high) show(std::min(low, high) == low ? *high : *low);
  }
  if (!points_.empty()) show(points_.back());
  return out;
}

} // namespace tickmesh
