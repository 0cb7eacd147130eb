// All settings, each declared once, in the file of its section: see setting_visitor. Reading
// (load_settings), the hash on joining (configuration_hash) and tests go through these.
#pragma once

#include "apps/settings/settings.hpp"
#include "runtime/settings/setting_visitor.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace tickmesh {

inline constexpr std::array<std::pair<std::string_view, broker_kind>, 2> broker_kinds{
    {{"sim", broker_kind::sim}, {"accept", broker_kind::accept}}};

void declare(settings& s, setting_visitor& v);

void declare(cluster_settings& s, setting_visitor& v);
void declare(host_settings& s, setting_visitor& v);
void declare(network_settings& s, setting_visitor& v);
void declare(tick_log_settings& s, setting_visitor& v);
void declare(source_settings& s, setting_visitor& v);
void declare(sim_settings& s, setting_visitor& v);
void declare(load_generator_settings& s, setting_visitor& v);
void declare(file_settings& s, setting_visitor& v);
void declare(log_source_settings& s, setting_visitor& v);
void declare(socket_settings& s, setting_visitor& v);
void declare(cleaning_settings& s, setting_visitor& v);
void declare(calc_settings& s, setting_visitor& v);
void declare(strategy_settings& s, setting_visitor& v);
void declare(execution_settings& s, setting_visitor& v);
void declare(risk_limits& s, scope_kind kind, setting_visitor& v);
void declare(limit_scope& s, setting_visitor& v);
void declare(sim_venue_settings& s, setting_visitor& v);
void declare(broker_settings& s, setting_visitor& v);
void declare(journal_settings& s, setting_visitor& v);
void declare(ledger_settings& s, setting_visitor& v);
void declare(log_settings& s, setting_visitor& v);
void declare(results_settings& s, setting_visitor& v);

} // namespace tickmesh
