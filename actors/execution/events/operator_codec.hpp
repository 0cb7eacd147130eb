// Operator commands to and from operator.proto: in the journal, and between the verbs and a slot.
#pragma once

#include "actors/execution/events/operator_command.hpp"
#include "messages/proto/operator.pb.h"
#include "messages/result.hpp"

#include <string>

namespace tickmesh {

void write_operator_command(const operator_command& command, wire::OperatorCommand& out);

/// Fails on an action that is not known, and on values that the types do not have.
result<operator_command> read_operator_command(const wire::OperatorCommand& from);

void write_limit_scope(const limit_scope& scope, wire::LimitScope& out);
/// As they were written: see check_limits. Fails on values that the types do not have.
result<limit_scope> read_limit_scope(const wire::LimitScope& from);

void write_limits_in_force(const limits_in_force& limits, wire::LimitsInForce& out);

/// Fails as check_limits, and on values that the types do not have.
result<limits_in_force> read_limits_in_force(const wire::LimitsInForce& from);

/// An OperatorAnswer, encoded.
std::string encode_operator_answer(const operator_outcome& outcome);
std::string encode_limits_answer(const limits_in_force& limits);

} // namespace tickmesh
