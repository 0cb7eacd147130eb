#include "actors/market/sources/socket/socket_protocol.hpp"

#include <fmt/format.h>

#include <utility>

namespace tickmesh {

void socket_protocol::receive(std::string_view bytes) {
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_ += bytes;
}

result<bool> socket_protocol::next(sender_item& out) {
  for (;;) {
    auto found = find_frame(std::string_view{buffer_}.substr(begin_));
    if (!found) return tl::make_unexpected(found.error());
    if (!*found) return false;
    auto said = interpret((*found)->body, out);
    if (!said) return said;
    begin_ += (*found)->size;
    if (!*said) continue;
    if (auto ordered = check_order(out); !ordered) return tl::make_unexpected(ordered.error());
    return true;
  }
}

result<void> socket_protocol::check_order(const sender_item& item) {
  using enum sender_item::kind;
  bool first_item = !std::exchange(begun_, true);
  if (item.is == ping) return {};
  if (ended_) return fail("something follows the end");
  if (item.is == login && !first_item) return fail("login comes first, and once");
  if (item.is == end) ended_ = true;
  if (item.is == day && item.day != day_) {
    day_ = item.day;
    last_number_ = 0;
  }
  if (item.is == record || item.is == malformed || item.is == gap) return check_number(item);
  return {};
}

result<void> socket_protocol::check_number(const sender_item& item) {
  auto first = item.is == sender_item::kind::gap ? item.gap_first : item.number;
  if (item.number < first)
    return fail(
        fmt::format("a gap ends at position {}, before its first one, {}", item.number, first));
  if (first <= last_number_)
    return fail(fmt::format("position {} does not rise above {}; numbers begin again on a later "
                            "day only, behind day,YYYYMMDD",
                            first, last_number_));
  last_number_ = item.number;
  return {};
}

std::unique_ptr<socket_protocol> make_socket_protocol(socket_format format,
                                                      std::size_t message_bytes_max) {
  return format == socket_format::csv ? make_csv_socket_protocol(message_bytes_max)
                                      : make_protobuf_socket_protocol(message_bytes_max);
}

} // namespace tickmesh
