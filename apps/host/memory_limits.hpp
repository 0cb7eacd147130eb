// What memory a process needs at least, and what is said when there is not enough.
#pragma once

#include "messages/result.hpp"

#include <cstdint>

namespace tickmesh {

/// MiB of address space and of data that every verb needs at least; below, even the C library ends
/// the process without a word of its own.
inline constexpr std::uint64_t memory_mib_min = 320;
/// The same of `run` with one scheduler thread: stacks and the allocator's segments of a dozen
/// threads. Measured: 580 for the 500,000 ticks of the default source.
inline constexpr std::uint64_t run_memory_mib_min = 1'024;
/// Of each further scheduler thread.
inline constexpr std::uint64_t thread_memory_mib = 64;

/// Whether the limits of this process (`ulimit -v`, `ulimit -d`) leave so much. Fails with both
/// numbers and what to do; `what` needs the memory.
result<void> check_memory_limits(const char* what, std::uint64_t needed_mib);

/// From now on, memory that can't be had and threads that can't be started end the process with
/// exit code 1 and a line that says so, wherever that happens.
void end_in_words_without_memory();

} // namespace tickmesh
