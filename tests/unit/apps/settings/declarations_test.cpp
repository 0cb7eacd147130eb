// Each setting is declared once, and whatever knows settings knows all that are declared: the
// structs' members, the hash on joining, the reader, config/embedded.toml and docs/settings.md.
#include "apps/settings/configuration_hash.hpp"
#include "apps/settings/declarations.hpp"
#include "apps/settings/load_settings.hpp"
#include "tests/support/setting_walk.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace tickmesh::declarations_test {
namespace {

/// With an entry in each list.
settings full_settings() {
  auto out = default_settings();
  out.execution.brokers = {{.name = "ctp"}, {.name = "ib"}};
  out.execution.limit_scopes = {{.kind = scope_kind::symbol, .name = "ru####"}};
  return out;
}

std::string read_text(const std::string& path) {
  std::ifstream in{source_path(path)};
  REQUIRE(in);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// `Default 5.`, `Default "sim".`; where there is none, what then holds is told in words.
bool says_default(std::string_view comment, const std::string& value) {
  auto has = [&](std::string_view words) { return comment.find(words) != comment.npos; };
  if (has("Must be set") || has("Default: ")) return true;
  constexpr std::string_view before = "Default ";
  auto at = comment.find(before);
  if (at == comment.npos) return false;
  auto rest = comment.substr(at + before.size());
  for (auto& form : {value, '"' + value + '"', '[' + value + ']', "[\"" + value + "\"]"}) {
    if (form.empty() || !rest.starts_with(form)) continue;
    auto end = rest.substr(form.size(), 2);
    if (end.empty() || end == "." || end == ". " || end[0] != '.') return true;
  }
  return false;
}

/// Whether each of the members was declared, or a part of it.
template <class... Members>
void check_declared(const setting_walk& seen, const Members&... members) {
  auto is_declared = [&](const auto& member) {
    auto begin = reinterpret_cast<std::uintptr_t>(&member);
    return std::ranges::any_of(seen.members, [&](const void* at) {
      auto place = reinterpret_cast<std::uintptr_t>(at);
      return place >= begin && place < begin + sizeof(member);
    });
  };
  std::size_t place = 0;
  (
      [&] {
        CAPTURE(place);
        CHECK(is_declared(members));
        ++place;
      }(),
      ...);
}

} // namespace

// A member that is added to a struct does not compile here before it is named, and is then missed
// where it is not declared.
TEST_CASE("every member of every struct of settings is declared") {
  auto s = full_settings();
  setting_walk seen;
  declare(s, seen);
  {
    auto& [cluster, host, network, source, tick_log, cleaning, calc, strategies, execution, logging,
           results, instruments] = s;
    check_declared(seen, cluster, host, network, source, tick_log, cleaning, calc, strategies,
                   execution, logging, results, instruments);
  }
  {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u, v] = s.cluster;
    check_declared(seen, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u, v);
  }
  {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t] = s.host;
    check_declared(seen, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t);
  }
  {
    auto& [a, b, c, d, e, f, g, h, i, j] = s.network;
    check_declared(seen, a, b, c, d, e, f, g, h, i, j);
  }
  {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = s.tick_log;
    check_declared(seen, a, b, c, d, e, f, g, h, i, j, k);
  }
  {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = s.source;
    check_declared(seen, a, b, c, d, e, f, g, h, i, j, k);
  }
  {
    auto& [a, b] = s.source.time_jump;
    check_declared(seen, a, b);
  }
  {
    auto& [a, b, c, d, e, bad_share] = s.source.sim;
    check_declared(seen, a, b, c, d, e);
    for (auto& share : bad_share)
      check_declared(seen, share);
  }
  {
    auto& [a, b, c, d, e] = s.source.load;
    check_declared(seen, a, b, c, d, e);
  }
  {
    auto& [a, b, c] = s.source.file;
    check_declared(seen, a, b, c);
  }
  {
    auto& [a, b, c] = s.source.ticklog;
    check_declared(seen, a, b, c);
  }
  {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r] = s.source.socket;
    check_declared(seen, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r);
  }
  {
    auto& [a, b, c, d, e, f, g] = s.cleaning;
    check_declared(seen, a, b, c, d, e, f, g);
  }
  {
    auto& [a, b, c] = s.calc;
    check_declared(seen, a, b, c);
  }
  {
    auto& [a, b, c, d, e, f, g, h, i] = s.strategies.front();
    check_declared(seen, a, b, c, d, e, f, g, h, i);
  }
  {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u, v, w, x, y, z] = s.execution;
    check_declared(seen, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u, v, w, x, y, z);
  }
  {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u] = s.execution.limits;
    check_declared(seen, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u);
  }
  {
    auto& [a, b, limits] = s.execution.limit_scopes.front();
    check_declared(seen, a, b, limits);
  }
  {
    auto& [a, b, c, d, e] = s.execution.sim;
    check_declared(seen, a, b, c, d, e);
  }
  {
    auto& [a, b, c, d, e, f, g] = s.execution.brokers.front();
    check_declared(seen, a, b, c, d, e, f, g);
  }
  {
    auto& [a, b, c, d, e, f, g] = s.execution.journal;
    check_declared(seen, a, b, c, d, e, f, g);
  }
  {
    auto& [a, b, c, d, e, f] = s.execution.ledger;
    check_declared(seen, a, b, c, d, e, f);
  }
  {
    auto& [a, b] = s.log;
    check_declared(seen, a, b);
  }
  {
    auto& [a, b, c] = s.results;
    check_declared(seen, a, b, c);
  }
}

TEST_CASE("every setting that hosts agree on is part of the hash, and no other is") {
  auto base = configuration_hash(full_settings());
  auto s = full_settings();
  setting_walk known;
  declare(s, known);
  CHECK(known.all.size() > 150);
  std::size_t agreed = 0;
  for (std::size_t i = 0; i < known.all.size(); ++i) {
    auto& setting = known.all[i];
    CAPTURE(setting.path);
    if (!setting.may_change) continue;
    auto changed = full_settings();
    setting_walk other{i};
    declare(changed, other);
    REQUIRE(other.all[i].text != setting.text);
    bool differs = configuration_hash(changed) != base;
    CHECK(differs == (setting.of == agreement::cluster));
    agreed += differs ? 1 : 0;
  }
  CHECK(agreed > 70);
}

TEST_CASE("every declared setting is read, by the path that its declaration gives it") {
  auto file = std::filesystem::temp_directory_path() / "declarations_test.toml";
  std::ofstream{file} << "[[strategies]]\nname = \"boll_reactive\"\n"
                         "[[execution.brokers]]\nname = \"ctp\"\n"
                         "[[execution.brokers]]\nname = \"ib\"\n"
                         "[[execution.limits.scope]]\nsymbol = \"ru####\"\n";
  auto load = [&](std::vector<setting_override> flags) {
    return load_settings({file.string(), {}, std::move(flags)});
  };
  auto plain = load({});
  REQUIRE(plain.faults == std::vector<std::string>{});
  setting_walk known;
  declare(plain.value, known);
  for (std::size_t i = 0; i < known.all.size(); ++i) {
    auto& setting = known.all[i];
    if (!setting.may_change) continue;
    CAPTURE(setting.path);
    auto wanted = plain.value;
    setting_walk other{i};
    declare(wanted, other);
    auto loaded = load({{setting.path, other.all[i].text, "--set"}});
    CAPTURE(loaded.faults);
    setting_walk found;
    declare(loaded.value, found);
    REQUIRE(found.all.size() == known.all.size());
    CHECK(found.all[i].text == other.all[i].text);
    for (auto& fault : loaded.faults)
      CHECK(fault.find("unknown") == std::string::npos);
  }
  std::filesystem::remove(file);
}

TEST_CASE("config/embedded.toml has every declared key, and says its default") {
  std::map<std::string, std::string> comments; // by section and key
  std::istringstream lines{read_text("config/embedded.toml")};
  std::string section;
  std::string comment;
  for (std::string line; std::getline(lines, line);) {
    std::string_view text{line};
    bool is_comment = text.starts_with("# ");
    if (is_comment) text.remove_prefix(2);
    auto open = text.find_first_not_of('[');
    auto close = text.find(']');
    if (open > 0 && open != text.npos && close != text.npos && text.find(' ') > close) {
      section = text.substr(open, close - open);
      comment.clear();
      continue;
    }
    auto equals = text.find(" = ");
    bool is_key = equals != text.npos && equals > 0 &&
                  text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == equals;
    if (is_key) {
      auto behind = text.find(" # ");
      if (behind != text.npos) comment = text.substr(behind + 3);
      comments.try_emplace(section + '.' + std::string{text.substr(0, equals)}, comment);
      comment.clear();
    } else if (is_comment) {
      comment += std::string{text} + ' ';
    } else {
      comment.clear();
    }
  }
  auto s = default_settings();
  s.execution.brokers = {broker_settings{}};
  setting_walk known;
  declare(s, known);
  for (auto& setting : known.all) {
    CAPTURE(setting.path);
    bool is_of_venue =
        setting.section == "execution.brokers" && comments.contains("execution.sim." + setting.key);
    if (is_of_venue) continue;
    auto found = comments.find(setting.section + '.' + setting.key);
    REQUIRE(found != comments.end());
    CAPTURE(found->second);
    CHECK(says_default(found->second, setting.text));
  }
}

TEST_CASE("the tables of docs/settings.md say the default of each setting that they name") {
  auto s = default_settings();
  setting_walk known;
  declare(s, known);
  std::map<std::string, std::string> defaults;
  for (auto& setting : known.all)
    defaults[setting.path] = setting.text;
  std::istringstream lines{read_text("docs/settings.md")};
  std::size_t compared = 0;
  for (std::string line; std::getline(lines, line);) {
    bool is_setting = line.starts_with("| `") && std::ranges::count(line, '|') >= 5; // four cells
    if (!is_setting) continue;
    auto key = line.substr(3, line.find('`', 3) - 3);
    auto found = defaults.find(key);
    if (found == defaults.end()) continue;
    CAPTURE(line);
    auto from = line.find("| ", 3) + 2;
    auto cell = line.substr(from, line.find(" |", from) - from);
    auto value = found->second.empty() ? std::string{"none"} : found->second;
    bool is_same = cell == value || cell == '`' + value + '`';
    CHECK(is_same);
    ++compared;
  }
  CHECK(compared > 20);
}

} // namespace tickmesh::declarations_test
