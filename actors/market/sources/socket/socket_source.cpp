#include "actors/market/sources/socket/socket_source.hpp"

#include "actors/market/feed/fingerprint.hpp"
#include "actors/market/sources/file/csv_row.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace tickmesh {

namespace {

constexpr std::size_t token_length_max = 200;

std::map<std::string, std::uint64_t> by_name(const socket_counts& counts) {
  return {{"connections", counts.connections},
          {"refused", counts.refused},
          {"replaced", counts.replaced},
          {"records", counts.records},
          {"repeated", counts.repeated},
          {"malformed", counts.malformed},
          {"ahead", counts.ahead},
          {"unknown_symbols", counts.unknown_symbols},
          {"gaps", counts.source_gaps},
          {"lost_positions", counts.lost_positions},
          {"trading_days_corrected", counts.trading_days_corrected},
          {"faults", counts.faults},
          {"broken_messages", counts.broken_messages}};
}

class socket_feed final : public feed {
public:
  /// `owner` keeps the cursors alive.
  socket_feed(std::shared_ptr<const feed_source> owner, socket_server& server,
              const resume_points& from)
      : owner_(std::move(owner)), server_(server), cursors_(server.cursors()),
        cursor_(open_cursor(cursors_, from)) {}
  socket_feed(const socket_feed&) = delete;
  socket_feed& operator=(const socket_feed&) = delete;
  ~socket_feed() override { cursors_.close(cursor_); }

  feed_event next(tick& out) override { return cursors_.next(*cursor_, out, mark_); }
  timestamp time_mark() const override { return mark_; }
  source_position position() const override { return cursors_.position(*cursor_); }
  std::map<std::string, std::uint64_t> counts() const override {
    if (!cursors_.is_first(*cursor_)) return {};
    return by_name(server_.counts());
  }
  void on_arrival(std::function<void()> wake) override {
    cursors_.on_arrival(*cursor_, std::move(wake));
  }
  void acknowledge(source_id, source_position position) override {
    cursors_.acknowledge(*cursor_, position);
  }

private:
  std::shared_ptr<const feed_source> owner_;
  socket_server& server_;
  socket_cursors& cursors_;
  socket_cursors::cursor* cursor_;
  timestamp mark_{};
};

/// The configured names and the reserved one, sorted.
std::vector<std::string> all_names(const socket_settings& settings) {
  auto names = settings.symbols;
  names.emplace_back(unknown_symbol_name);
  std::ranges::sort(names);
  return names;
}

result<void> check_symbols(const socket_settings& settings, const instrument_table& instruments) {
  if (settings.symbols.empty())
    return fail("source.socket.symbols: is empty; at least one exact name is needed");
  for (auto& name : settings.symbols)
    if (!is_symbol_name(name))
      return fail(fmt::format("source.socket.symbols: {} is not {}", quote_for_message(name),
                              symbol_name_allowed(name)));
  auto names = all_names(settings);
  if (auto twice = std::ranges::adjacent_find(names); twice != names.end())
    return fail(fmt::format("source.socket.symbols: {} stands twice, or is reserved", *twice));
  if (instruments.find(unknown_symbol_name))
    return fail(fmt::format("source.socket.symbols: {} is reserved for records of other symbols, "
                            "and must have no instrument entry",
                            unknown_symbol_name));
  return {};
}

/// The token of a file, without the white space around it; empty where no file is named.
result<std::string> read_token(const std::string& path) {
  if (path.empty()) return std::string{};
  auto failed = [&path](std::string_view what) {
    return fail(fmt::format("source.socket.token_file: {} {}; allowed: a file with one token of 1 "
                            "to {} printable characters without blanks",
                            quote_for_message(path), what, token_length_max));
  };
  std::ifstream file{path, std::ios::binary};
  if (!file) return failed(fmt::format("can't be read: {}", std::strerror(errno)));
  std::string text(token_length_max + 2, '\0'); // with a line break
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return failed("can't be read: it is no file");
  text.resize(static_cast<std::size_t>(file.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  if (text.empty()) return failed("is empty");
  bool is_printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (text.size() > token_length_max || !is_printable) return failed("holds no token");
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0 && (found.st_mode & (S_IRGRP | S_IROTH)) != 0)
    log_warning("source.socket.token_file: {} can be read by other users of this machine",
                quote_for_message(path));
  return text;
}

} // namespace

socket_source::socket_source(const source_settings& settings, socket_address address,
                             std::string token, std::shared_ptr<tls_credentials> credentials,
                             trading_day_rule days, std::shared_ptr<host_clock> clock)
    : symbols_(all_names(settings.socket)),
      server_(std::make_unique<socket_server>(settings, std::move(address), std::move(token),
                                              std::move(credentials), symbols_.names(),
                                              std::move(days), std::move(clock))) {
  fingerprint_builder content;
  content.add("socket 3"); // to be raised when the same records give other ticks
  content.add(settings.time_mark_interval.count());
  content.add(settings.socket.lateness.count());
  content.add(settings.time_jump.max.count());
  content.add(std::int64_t{settings.time_jump.confirm_count});
  content.add(std::int64_t{settings.socket.idle_marks});
  for (auto& name : symbols_.names())
    content.add(name);
  fingerprint_ = content.value();
}

std::unique_ptr<feed> socket_source::open(const resume_points& from) const {
  auto cursor = std::make_unique<socket_feed>(shared_from_this(), *server_, from);
  server_->start();
  return cursor;
}

result<std::shared_ptr<const socket_source>>
load_socket_source(const source_settings& settings, const instrument_table& instruments,
                   std::shared_ptr<tls_credentials> credentials,
                   std::shared_ptr<host_clock> clock) {
  auto address = parse_socket_address(settings.socket.listen);
  if (!address)
    return fail(fmt::format("source.socket.listen: {} {}",
                            quote_for_message(settings.socket.listen), address.error().message));
  if (auto checked = check_symbols(settings.socket, instruments); !checked)
    return tl::make_unexpected(checked.error());
  auto token = read_token(settings.socket.token_file);
  if (!token) return tl::make_unexpected(token.error());
  auto days = trading_day_rule::make(all_names(settings.socket), instruments);
  if (!days) return tl::make_unexpected(days.error());
  return std::make_shared<const socket_source>(settings, *address, *token, std::move(credentials),
                                               std::move(*days), std::move(clock));
}

} // namespace tickmesh
