#include "apps/host/memory_limits.hpp"

#include "apps/settings/command_flags.hpp"

#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

/// mimalloc's, where it is linked. Its own operator new aborts without asking the new handler.
extern "C" [[gnu::weak]] void mi_register_error(void (*handler)(int code, void* argument),
                                                void* argument);

namespace tickmesh {

namespace {

constexpr std::uint64_t mib = 1'048'576;

/// Needs no memory. Nothing is left to be closed: every log can be gone on with after a kill.
[[noreturn]] void end_with(std::string_view text) {
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(exit_failure);
}

void out_of_memory() {
  end_with("tickmesh: out of memory: the system gives this process no more; give it more (ulimit "
           "-v, the machine's or the container's limit), or a smaller source\n");
}

void end_where_memory_is_missing(int code, void*) {
  if (code == ENOMEM) out_of_memory();
}

void end_without_handler() {
  if (auto caught = std::current_exception()) {
    try {
      std::rethrow_exception(caught);
    } catch (const std::bad_alloc&) {
      out_of_memory();
    } catch (const std::system_error& e) {
      if (e.code() == std::errc::resource_unavailable_try_again)
        end_with("tickmesh: a thread can't be started: no memory for it, or too many are there; "
                 "raise ulimit -v or ulimit -u\n");
    } catch (...) { // a fault of the program: as without this handler
    }
  }
  std::abort();
}

} // namespace

result<void> check_memory_limits(const char* what, std::uint64_t needed_mib) {
  for (auto [kind, name] : {std::pair{RLIMIT_AS, "ulimit -v"}, {RLIMIT_DATA, "ulimit -d"}}) {
    rlimit limit{};
    bool is_limited = ::getrlimit(kind, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    if (is_limited && limit.rlim_cur / mib < needed_mib)
      return fail(fmt::format("{} needs at least {} MiB of memory, and {} allows this process {} "
                              "MiB; raise it",
                              what, needed_mib, name, limit.rlim_cur / mib));
  }
  return {};
}

void end_in_words_without_memory() {
  std::set_new_handler(out_of_memory);
  if (mi_register_error != nullptr) mi_register_error(end_where_memory_is_missing, nullptr);
  std::set_terminate(end_without_handler);
}

} // namespace tickmesh
