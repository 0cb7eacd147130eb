#include "actors/market/sources/file/csv_fields.hpp"

namespace tickmesh {

std::string_view csv_fields::split(std::string_view line) {
  fields_.clear();
  if (line.find('"') != std::string_view::npos) return split_quoted(line);
  for (;;) {
    auto comma = line.find(',');
    fields_.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return {};
    line.remove_prefix(comma + 1);
  }
}

std::string_view csv_fields::split_quoted(std::string_view line) {
  unquoted_.clear();
  unquoted_.reserve(line.size());
  for (;;) {
    if (!line.starts_with('"')) {
      auto comma = line.find(',');
      auto field = line.substr(0, comma);
      if (field.find('"') != std::string_view::npos)
        return "a quote stands inside of a field that does not begin with one";
      fields_.push_back(field);
      if (comma == std::string_view::npos) return {};
      line.remove_prefix(comma + 1);
      continue;
    }
    line.remove_prefix(1);
    auto begin = unquoted_.size();
    for (;;) {
      auto quote = line.find('"');
      if (quote == std::string_view::npos)
        return "a quoted field does not end in its line; line breaks in fields are not read";
      unquoted_ += line.substr(0, quote);
      line.remove_prefix(quote + 1);
      if (!line.starts_with('"')) break;
      unquoted_ += '"';
      line.remove_prefix(1);
    }
    fields_.push_back(std::string_view{unquoted_}.substr(begin));
    if (line.empty()) return {};
    if (!line.starts_with(',')) return "something follows the closing quote of a field";
    line.remove_prefix(1);
  }
}

} // namespace tickmesh
