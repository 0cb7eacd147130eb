// When instruments trade: [[calendars]] and the sessions of instruments. Used by load_instruments.
#pragma once

#include "messages/instrument.hpp"
#include "runtime/settings/toml_reader.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh {

using calendars_by_name = std::map<std::string, std::shared_ptr<const trading_calendar>>;

/// Reads `[[calendars]]`.
calendars_by_name load_calendars(toml_section& root);

/// Reads the key `sessions`: those of one trading day in their order, night sessions first; each
/// perhaps for some weekdays of the trading day only.
void load_sessions(toml_section& section, std::vector<trading_session>& out);

} // namespace tickmesh
