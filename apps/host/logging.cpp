#include "apps/host/logging.hpp"

#include "runtime/results/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

namespace tickmesh {

namespace {

/// `%*`: the message as a JSON string.
class json_text_flag : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    auto text =
        json_text(nlohmann::json(std::string{message.payload.data(), message.payload.size()}));
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_text_flag>();
  }
};

} // namespace

result<void> start_logging(const log_settings& settings, const std::string& host_id) {
  bool terminal = settings.file.empty() && isatty(STDERR_FILENO) != 0;
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (settings.file.empty()) {
    if (terminal)
      sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    try {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file);
    } catch (const spdlog::spdlog_ex& e) {
      return fail(fmt::format("log.file = {}: cannot be written: {}", settings.file, e.what()));
    }
  }
  auto logger = std::make_shared<spdlog::logger>(host_id, sink);
  if (terminal) {
    logger->set_pattern("%H:%M:%S.%e %^%-5l%$ %n  %v");
  } else {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<json_text_flag>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","host":"%n","message":%*})");
    logger->set_formatter(std::move(formatter));
  }
  logger->flush_on(spdlog::level::info); // a file that is followed shows what there is
  spdlog::set_default_logger(logger);
  set_log_level(settings.level);
  return {};
}

} // namespace tickmesh
