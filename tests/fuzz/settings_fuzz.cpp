// Settings, instruments and limits as people write them.
#include "actors/execution/configuration/slot_configuration.hpp"
#include "apps/settings/configuration_hash.hpp"
#include "apps/settings/limits_file.hpp"
#include "apps/settings/load_settings.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/log_files.hpp"
#include "tests/support/source_tree.hpp"

#include <fstream>

namespace tickmesh {

namespace settings_fuzz {

namespace {

constexpr std::size_t faults_max = 100'000;

/// The bytes as a file of a directory that has no other.
std::string as_file(std::string_view bytes) {
  static const log_directory scratch;
  auto path = scratch.log().string() + ".toml";
  std::ofstream{path, std::ios::binary}.write(bytes.data(),
                                              static_cast<std::streamsize>(bytes.size()));
  return path;
}

void check_faults(const std::vector<std::string>& faults) {
  must(faults.size() < faults_max, "more faults than a file can have");
  for (auto& text : faults)
    must(!text.empty(), "a fault says nothing");
}

void run_settings(std::string_view bytes) {
  auto file = as_file(bytes);
  auto loaded = load_settings({.file = file, .environment = {}, .flags = {}});
  check_faults(loaded.faults);
  auto again = load_settings({.file = file, .environment = {}, .flags = {}});
  must(again.faults == loaded.faults, "the same file has other faults");
  if (!loaded.faults.empty()) return;
  must(configuration_hash(again.value) == configuration_hash(loaded.value),
       "the same file has another hash");
  must(check_limits(loaded.value.execution.all_limits()).has_value(),
       "limits that the rules can't work with");
}

/// A file of the project without its comments.
std::string text_of(const std::string& name) {
  std::ifstream file{source_path(name)};
  std::string out;
  for (std::string line; std::getline(file, line);)
    if (!line.starts_with('#')) out += line + '\n';
  return out;
}

std::vector<std::string> settings_samples() {
  return {text_of("config/embedded.toml"), text_of("config/local-cluster.toml"),
          "[source]\nkind = \"socket\"\n[source.socket]\nlisten = \"127.0.0.1:0\"\n"
          "symbols = [\"a\"]\n[execution.limits]\nposition_max = 1.5\n"
          "[[execution.limits.scope]]\nsymbol = 'ES\\#'\nin_session_only = true\n"};
}

void run_instruments(std::string_view bytes) {
  auto file = as_file(bytes);
  auto loaded = load_instruments(file);
  check_faults(loaded.faults);
  if (!loaded.faults.empty()) return;
  for (auto* name : {"ru1901", "BTCUSDT", "ES#", ""})
    static_cast<void>(loaded.value.find(name));
}

std::vector<std::string> instruments_samples() {
  auto all = text_of("config/instruments.toml");
  auto calendars = all.find("[[calendars]]");
  return {all.substr(0, 1'500), calendars == all.npos ? all : all.substr(calendars, 1'500),
          "[[instruments]]\npattern = \"ru####\"\nexchange = \"SHFE\"\ncurrency = \"CNY\"\n"
          "multiplier = \"10\"\nsessions = [\"21:00-23:00\", \"Mon-Thu 09:00-15:30\"]\n"
          "fee_open_ratio = 0.000045\n"};
}

const limits_in_force& limits_now() {
  static const limits_in_force now{{{.limits = default_limits()}}, "main", {"boll_reactive"}};
  return now;
}

void run_limits_file(std::string_view bytes) {
  auto loaded = load_limits_file(as_file(bytes), limits_now());
  check_faults(loaded.faults);
  if (!loaded.faults.empty()) return;
  must(check_limits(loaded.value).has_value(), "limits that the rules can't work with");
}

std::vector<std::string> limits_file_samples() {
  return {"[execution.limits]\nposition_max = 50\ndaily_loss_max = \"1000.5\"\n"
          "symbols_restricted = [\"ru####\"]\nsignal_age_max_ms = 500\n"
          "[[execution.limits.scope]]\nstrategy = \"boll_reactive\"\n"
          "orders_per_second_max = 5\n"};
}

void run_endpoint(std::string_view bytes) {
  auto read = parse_endpoint(bytes);
  if (!read) return must(!read.error().message.empty(), "a fault says nothing");
  must(bytes == read->address + ":" + std::to_string(read->port), "another address");
}

std::vector<std::string> endpoint_samples() {
  return {"127.0.0.1:8848", "localhost:0", "255.255.255.255:65535"};
}

} // namespace

} // namespace settings_fuzz

std::vector<fuzz_target> settings_fuzz_targets() {
  using namespace settings_fuzz;
  return {{"settings", run_settings, settings_samples, 40},
          {"instruments", run_instruments, instruments_samples},
          {"limits_file", run_limits_file, limits_file_samples, 100},
          {"endpoint", run_endpoint, endpoint_samples}};
}

} // namespace tickmesh
