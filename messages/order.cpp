#include "messages/order.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace tickmesh {

order_id make_order_id(std::string_view signal_name_text) {
  return order_id{XXH3_64bits(signal_name_text.data(), signal_name_text.size())};
}

std::string format_order_id(order_id id) {
  return fmt::format("O{:016x}", id.value);
}

} // namespace tickmesh
