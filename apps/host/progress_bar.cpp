#include "apps/host/progress_bar.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace tickmesh {

namespace {

constexpr std::chrono::milliseconds redraw_interval{100};
constexpr std::uint64_t bar_width = 30;

} // namespace

progress_bar::progress_bar(std::string label, std::string unit)
    : label_(std::move(label)), unit_(std::move(unit)), terminal_(isatty(STDERR_FILENO) != 0) {
  show(0);
}

progress_bar::~progress_bar() {
  if (!terminal_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

void progress_bar::show(std::uint64_t done, std::uint64_t total) {
  auto now = clock::now();
  if (!terminal_ || now - printed_ < redraw_interval) return;
  printed_ = now;
  auto seconds = std::chrono::duration<double>(now - started_).count();
  auto rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  if (total == 0) {
    fmt::print(stderr, "\r\033[K{}  {} {}  {:.0f}/s", label_, done, unit_, rate);
  } else {
    auto filled = static_cast<std::size_t>(std::min(done, total) * bar_width / total);
    fmt::print(stderr, "\r\033[K{}  [{:<{}}] {:3d} %  {:.0f}/s", label_, std::string(filled, '#'),
               bar_width, std::min(done, total) * 100 / total, rate);
  }
  std::fflush(stderr);
}

} // namespace tickmesh
