// `tickmesh halt`, `resume`, `order` and `reconcile`: what operators tell a running cluster.
#pragma once

#include "actors/execution/operator_command.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace tickmesh {

/// The verbs with their flags, and which one is wanted.
class operator_verbs {
public:
  explicit operator_verbs(CLI::App& app);

  bool wanted() const;
  /// The exit code: 0 when every execution slot has done it, 1 when one refused or did not answer,
  /// 2 for wrong flags.
  int run() const;

private:
  CLI::App* add(CLI::App& parent, const char* name, const char* what);
  std::optional<operator_action> action() const;

  CLI::App* halt_;
  CLI::App* resume_;
  CLI::App* order_;
  CLI::App* cancel_ = nullptr;
  CLI::App* replace_ = nullptr;
  CLI::App* reconcile_;
  std::string control_;
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
};

} // namespace tickmesh
