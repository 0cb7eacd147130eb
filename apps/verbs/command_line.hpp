// The words of the command line: what values flags take, and what is said of flags and verbs that
// are wrong. For main.cpp.
#pragma once

#include "apps/host/control_address.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh {

/// One of a few words.
CLI::Validator one_of(const std::vector<std::string>& words);
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);
/// Seconds, with decimals, up to a day.
CLI::Validator seconds_of_a_day();
/// The same, of a wait that has to end: a tenth of one to ten minutes.
CLI::Validator seconds_to_answer();
/// 20240103 or 2024-01-03; the flag gets the first form.
CLI::Validator trading_day();
/// A directory that is there, or a file, which may not be a directory.
CLI::Validator existing_directory();
CLI::Validator existing_file();

/// --control, --state-dir and --timeout of a verb that asks a cluster.
void add_control_flags(CLI::App& verb, control_flags& flags);

/// What is wrong, where, and what to do, in one line. `app` has parsed as far as it could.
std::string describe_parse_error(const CLI::App& app, const CLI::ParseError& error);

} // namespace tickmesh
