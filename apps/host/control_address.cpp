#include "apps/host/control_address.hpp"

#include "apps/settings/load_settings.hpp"
#include "runtime/results/row_files.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace tickmesh {

namespace {

std::string read_text(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string text_of(const endpoint& address) {
  return fmt::format("{}:{}\n", address.address, address.port);
}

std::string without_line_end(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

} // namespace

std::string control_address_file(const std::string& state_dir) {
  return state_dir + "/control.address";
}

result<void> announce_control(const std::string& state_dir, const endpoint& address) {
  return write_text_file(control_address_file(state_dir), text_of(address));
}

void withdraw_control(const std::string& state_dir, const endpoint& address) {
  auto path = control_address_file(state_dir);
  std::error_code ignored;
  if (read_text(path) == text_of(address)) std::filesystem::remove(path, ignored);
}

result<endpoint> find_control(const control_flags& flags) {
  if (!flags.address.empty()) {
    auto parsed = parse_endpoint(flags.address);
    if (!parsed)
      return fail(fmt::format("--control = {}: {}", flags.address, parsed.error().message));
    return *parsed;
  }
  auto path = control_address_file(flags.state_dir);
  auto text = without_line_end(read_text(path));
  if (text.empty())
    return fail(fmt::format("no control host runs with the state directory {} on this machine "
                            "({} is missing); name its own by --state-dir, or its address by "
                            "--control ADDR:PORT",
                            flags.state_dir, path));
  auto parsed = parse_endpoint(text);
  if (!parsed) return fail(fmt::format("{}: \"{}\": {}", path, text, parsed.error().message));
  return *parsed;
}

} // namespace tickmesh
