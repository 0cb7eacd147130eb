// How a function that can fail in an expected way says so without exceptions.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace tickmesh {

/// A fault that a person has to read: one sentence that names the file, key or address, the value
/// and what is allowed.
struct fault {
  std::string message;
};

template <class T>
using result = tl::expected<T, fault>;

inline tl::unexpected<fault> fail(std::string message) {
  return tl::unexpected<fault>{fault{std::move(message)}};
}

} // namespace tickmesh
