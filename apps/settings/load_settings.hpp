// From defaults, a TOML file, the environment and flags to checked settings.
#pragma once

#include "apps/settings/settings.hpp"
#include "messages/result.hpp"
#include "runtime/settings/toml_reader.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickmesh {

/// Where settings come from, weakest first; the defaults of the structs are weaker still.
struct settings_sources {
  std::string file;                                             ///< empty: none
  std::vector<std::pair<std::string, std::string>> environment; ///< `TICKMESH_...` only are read
  std::vector<setting_override> flags;
};

/// `value` may be used when there is no fault.
struct loaded_settings {
  settings value;
  std::vector<std::string> faults; ///< `file:line: key = value: what is wrong; what is allowed`
};

/// Reads all sources and reports all faults. Files that are read (`instruments`,
/// `source.file.paths`) are relative to the file that names them; directories that are written, and
/// paths in flags and variables, to the working directory.
loaded_settings load_settings(const settings_sources& sources);

/// What runs when no file says otherwise: the simulator's instruments and one reactive strategy.
settings default_settings();

/// `127.0.0.1:8848`: an IPv4 address or `localhost`, and a port.
result<endpoint> parse_endpoint(std::string_view text);

/// True for `localhost` and 127.0.0.0/8.
bool is_loopback(const endpoint& address);

/// A name that may stand in a file name: 1 to 64 letters, digits, `_`, `-` and `.`, the first of
/// them a letter or digit.
bool is_plain_name(std::string_view text);

/// True for patterns that matches_pattern gives a meaning to: `*` only at the end, not empty.
bool is_valid_pattern(std::string_view pattern);

/// What a section's declaration (declarations.hpp) does not say: how its values go together.
void check_cluster(toml_section section, const cluster_settings& out);
void check_host(toml_section section, const host_settings& out, const network_settings& network);

/// The same, and what is made of what was read: paths, entries of lists.
void finish_source(toml_section section, source_settings& out, const std::string& directory,
                   const host_settings& host, const network_settings& network);
void finish_execution(toml_section section, const std::vector<strategy_settings>& strategies,
                      execution_settings& out);
void finish_brokers(toml_section section, execution_settings& out);
void finish_limits(toml_section section, const std::vector<strategy_settings>& strategies,
                   execution_settings& out);

void load_strategies(toml_section root, std::vector<strategy_settings>& out);
/// Reads and finishes [execution.limits], of a configuration or of a file of its own.
void load_limits(const toml_section& section, const std::vector<strategy_settings>& strategies,
                 execution_settings& out);

/// Of [cleaning] and of instruments: the largest ratio, in 1e-8, and count.
inline constexpr std::int64_t cleaning_ratio_max = 10 * decimal_scale;
inline constexpr std::uint32_t jump_confirm_count_max = 1'000;

/// Reads `[[instruments]]` of a file of its own; `cleaning` holds where they have nothing of their
/// own.
struct loaded_instruments {
  instrument_table value;
  std::vector<std::string> faults;
};
loaded_instruments load_instruments(const std::string& file,
                                    const cleaning_settings& cleaning = {});

} // namespace tickmesh
