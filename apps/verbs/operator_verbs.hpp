// `tickmesh halt`, `resume`, `order`, `limits set` and `reconcile`: what operators tell a running
// cluster.
#pragma once

#include "actors/execution/events/operator_command.hpp"
#include "apps/host/operator_client.hpp"
#include "apps/verbs/commands.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

/// The verbs with their flags, and which one is wanted.
class operator_verbs {
public:
  /// `limits` is the verb that `set` goes under.
  operator_verbs(CLI::App& app, CLI::App& limits);

  bool wanted() const;
  /// The exit code: 0 when every execution slot has done it, 1 when one refused or did not answer,
  /// 2 for wrong flags.
  int run() const;

private:
  CLI::App* add(CLI::App& parent, const char* name, const char* what);
  std::optional<operator_action> action() const;
  /// What one execution slot is told.
  struct planned_command {
    execution_place place;
    operator_action action;
    nlohmann::ordered_json described; ///< the limits that it changes, of `limits set`
  };
  int tell(caf::actor_system& system, const std::vector<planned_command>& planned) const;

  control_flags control_; ///< before the verbs, which show its defaults
  CLI::App* halt_;
  CLI::App* resume_;
  CLI::App* order_;
  CLI::App* cancel_ = nullptr;
  CLI::App* settle_ = nullptr;
  CLI::App* replace_ = nullptr;
  CLI::App* reconcile_;
  CLI::App* set_limits_;
  std::string exec_;
  std::string reason_;
  bool cancel_all_ = false;
  bool flatten_ = false;
  bool reducing_ = false;
  bool json_ = false;
  std::string id_;
  std::string price_;
  std::string volume_;
  std::string broker_;
  std::string limits_file_;
  bool yes_ = false;
  std::string ignored_config_;
};

} // namespace tickmesh
