#include "apps/verbs/command_line.hpp"

#include "messages/calendar_day.hpp"
#include "runtime/settings/nearest_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string_view>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

/// What stands behind the flag's name in a fault of its value.
std::string refused(const std::string& value, std::string_view why) {
  return fmt::format("= {}: {}", value, why);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  auto end = text.data() + text.size();
  auto [ptr, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || ptr != end || text.empty()) return std::nullopt;
  return value;
}

} // namespace

CLI::Validator one_of(const std::vector<std::string>& words) {
  return {[words](std::string& value) {
            bool is_known = std::ranges::find(words, value) != words.end();
            return is_known ? std::string{}
                            : refused(value, "is not known; " + suggest_name(value, words));
          },
          ""};
}

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  return {[low, high](std::string& value) {
            auto number = parse_number<std::uint64_t>(value);
            bool fits = number && *number >= low && *number <= high;
            return fits ? std::string{}
                        : refused(value,
                                  fmt::format("is no such number; allowed: {} to {}", low, high));
          },
          ""};
}

CLI::Validator seconds_of_a_day() {
  return {[](std::string& value) {
            auto number = parse_number<double>(value);
            bool fits = number && std::isfinite(*number) && *number >= 0 && *number <= 86'400;
            return fits ? std::string{}
                        : refused(value, "is no time in seconds; allowed: 0 to 86400");
          },
          ""};
}

CLI::Validator seconds_to_answer() {
  return {[](std::string& value) {
            auto number = parse_number<double>(value);
            bool fits = number && *number >= 0.1 && *number <= 600;
            return fits ? std::string{}
                        : refused(value, "is no time to wait in seconds; allowed: 0.1 to 600");
          },
          ""};
}

CLI::Validator trading_day() {
  return {[](std::string& value) {
            auto day = parse_day(value);
            if (!day) return refused(value, "is no day; allowed: 2024-01-03 or 20240103");
            value = fmt::format("{}", *day);
            return std::string{};
          },
          ""};
}

CLI::Validator existing_directory() {
  return {[](std::string& value) {
            std::error_code error;
            if (fs::is_directory(value, error)) return std::string{};
            return refused(value, fs::exists(value, error)
                                      ? "is no directory; give the directory, not a file in it"
                                      : "there is no such directory");
          },
          ""};
}

CLI::Validator existing_file() {
  return {[](std::string& value) {
            std::error_code error;
            if (!fs::exists(value, error)) return refused(value, "there is no such file");
            if (fs::is_directory(value, error))
              return refused(value, "is a directory; give a file");
            return std::string{};
          },
          ""};
}

namespace {

const CLI::App& deepest_verb(const CLI::App& app) {
  auto parsed = app.get_subcommands();
  for (auto* verb : parsed)
    if (!verb->get_name().empty()) return deepest_verb(*verb);
  return app; // NOLINT(bugprone-return-const-ref-from-parameter): it is main's
}

/// `ticks ls`; nothing of the program itself.
std::string path_of(const CLI::App& verb) {
  auto* parent = verb.get_parent();
  if (parent == nullptr) return {};
  auto above = path_of(*parent);
  return above + (above.empty() ? "" : " ") + verb.get_name();
}

std::vector<std::string> verb_names(const CLI::App& verb) {
  std::vector<std::string> out;
  for (auto* sub : verb.get_subcommands([](const CLI::App*) { return true; }))
    out.push_back(sub->get_name());
  return out;
}

std::vector<std::string> flag_names(const CLI::App& verb) {
  std::vector<std::string> out;
  for (auto* option : verb.get_options())
    for (auto& name : option->get_lnames())
      if (!option->get_group().empty()) out.push_back("--" + name);
  return out;
}

/// `--control ADDR:PORT`, or `DIR` for what stands without a flag.
std::string usage_of(const CLI::Option& option) {
  auto name = option.get_name();
  bool has_value = name.starts_with('-') && option.get_items_expected() != 0;
  return has_value && !option.get_type_name().empty() ? name + ' ' + option.get_type_name() : name;
}

bool is_flag(const std::string& word) {
  return word.size() > 1 && word.starts_with('-');
}

std::string describe_unexpected(const CLI::App& verb, const std::vector<std::string>& words) {
  auto flag = std::ranges::find_if(words, is_flag);
  auto verbs = verb_names(verb);
  if (flag != words.end()) {
    auto name = flag->substr(0, flag->find('='));
    return fmt::format("unknown flag {}; {}", name, suggest_name(name, flag_names(verb)));
  }
  if (!verbs.empty())
    return fmt::format("unknown command {}; {}", words.front(), suggest_name(words.front(), verbs));
  return fmt::format("{} is one word too many", words.front());
}

/// What has to be there and is not.
std::string describe_missing(const CLI::App& verb) {
  auto verbs = verb_names(verb);
  if (!verbs.empty() && verb.get_subcommands().empty())
    return fmt::format("needs a command: {}", fmt::join(verbs, ", "));
  std::vector<std::string> missing;
  for (auto* option : verb.get_options())
    if (option->get_required() && option->count() == 0) missing.push_back(usage_of(*option));
  return fmt::format("needs {}", fmt::join(missing, ", "));
}

/// The flag that a text of the library is about, or the word that it begins with.
std::string named_in(std::string_view text) {
  auto begin = text.find("--");
  if (begin == std::string_view::npos) begin = 0;
  return std::string{text.substr(begin, text.find_first_of(": =", begin) - begin)};
}

std::string describe_value(const CLI::App& verb, const std::string& name) {
  for (auto* option : verb.get_options())
    if (option->get_name() == name && option->get_items_expected() == 0)
      return fmt::format("{} takes no value", name);
    else if (option->get_name() == name)
      return fmt::format("{} needs a value, as in {}", name, usage_of(*option));
  return fmt::format("{} needs another value", name);
}

} // namespace

void add_control_flags(CLI::App& verb, control_flags& flags) {
  verb.add_option("--control", flags.address,
                  "Address of the control host (default: what it wrote into its state directory)")
      ->type_name("ADDR:PORT");
  verb.add_option("--state-dir", flags.state_dir,
                  "State directory of a control host on this machine")
      ->type_name("DIR")
      ->capture_default_str();
  verb.add_option("--certificates", flags.certificates,
                  "Directory with ca.crt, tls.crt and tls.key, where the cluster has TLS")
      ->type_name("DIR");
  verb.add_option("--timeout", flags.timeout_s,
                  "How long to wait for each answer of a host, in s; of one that carries out a "
                  "command twice that")
      ->type_name("SECONDS")
      ->check(seconds_to_answer())
      ->capture_default_str();
}

std::string describe_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  auto& verb = deepest_verb(app);
  auto unexpected = app.remaining(true);
  // Its name may be the verb's.
  auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  std::string_view text = error.what();
  std::string what;
  // The value of a flag that is unknown is taken for something else, which is not what is wrong.
  bool has_unknown_flag = std::ranges::any_of(unexpected, is_flag);
  bool is_about_words =
      kind == CLI::ExitCodes::ExtrasError || kind == CLI::ExitCodes::RequiredError;
  if (has_unknown_flag || (is_about_words && !unexpected.empty())) {
    what = describe_unexpected(verb, unexpected);
  } else if (kind == CLI::ExitCodes::RequiredError) {
    what = describe_missing(verb);
  } else if (kind == CLI::ExitCodes::ValidationError) {
    what = text; // ours, behind `NAME: `
    if (auto colon = what.find(": = "); colon != std::string::npos) what.erase(colon, 1);
  } else if (kind == CLI::ExitCodes::ExcludesError) {
    auto name = named_in(text);
    what = fmt::format("{} and {} can't be given together", name,
                       text.substr(text.find_last_of(' ') + 1));
  } else {
    what = describe_value(verb, named_in(text));
  }
  auto path = path_of(verb);
  if (path.empty()) return fmt::format("{}; see tickmesh --help", what);
  return fmt::format("{}: {}; see tickmesh {} --help", path, what, path);
}

} // namespace tickmesh
