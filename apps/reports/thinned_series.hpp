// Points of a series, at most so many of them: evenly spaced ones, when there are more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tickmesh {

template <class Point>
class thinned_series {
public:
  explicit thinned_series(std::size_t points_max) : points_max_(points_max) {}

  void add(Point point) {
    if (count_++ % every_ != 0) return;
    points_.push_back(std::move(point));
    if (points_.size() < points_max_ * 2) return;
    for (std::size_t i = 0; i < points_max_; ++i)
      points_[i] = std::move(points_[i * 2]);
    points_.resize(points_max_);
    every_ *= 2;
  }

  /// Fewer than twice points_max.
  const std::vector<Point>& points() const { return points_; }
  std::uint64_t count() const { return count_; } ///< of those that were added
  std::uint64_t every() const {
    return every_;
  } ///< so many were added for a point; 1: all are here

private:
  std::size_t points_max_;
  std::vector<Point> points_;
  std::uint64_t count_ = 0;
  std::uint64_t every_ = 1;
};

} // namespace tickmesh
