// A line of a CSV file cut into its fields, quoted ones included.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// Fields as RFC 4180 has them, but that a field ends in the line in which it begins.
class csv_fields {
public:
  /// Cuts the line; the fields are views into it, or into memory of this object. Returns what is
  /// wrong with its quotes, and is empty where nothing is.
  std::string_view split(std::string_view line);

  std::size_t size() const { return fields_.size(); }
  std::string_view operator[](std::size_t i) const { return fields_[i]; }
  const std::vector<std::string_view>& all() const { return fields_; }

private:
  std::string_view split_quoted(std::string_view line);

  std::vector<std::string_view> fields_;
  std::string unquoted_; ///< fields with doubled quotes; never grows while a line is cut
};

} // namespace tickmesh
