// Fills declared settings from a section of a file and its overrides.
#pragma once

#include "runtime/settings/setting_visitor.hpp"
#include "runtime/settings/toml_reader.hpp"

#include <vector>

namespace tickmesh {

/// What is absent or faulty stays as it is. Entries of lists are passed over: who makes them reads
/// each with a reader of its own.
class setting_reader final : public setting_visitor {
public:
  explicit setting_reader(toml_section section) : at_{std::move(section)} {}

protected:
  void visit(std::string_view key, const void* member, const setting::kind& what) override;
  void begin_section(std::string_view name, std::optional<agreement> of) override;
  void end_section() override;
  bool begin_list(std::string_view, std::size_t) override { return false; }

private:
  std::vector<toml_section> at_; ///< the innermost section last
};

} // namespace tickmesh
