#include "runtime/telemetry/machine.hpp"

#include <fmt/format.h>

#include <elf.h>
#include <link.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <thread>

namespace tickmesh {

namespace {

/// The value of `key` in a file of `key: value` lines, e.g. /proc/meminfo; empty when absent.
std::string read_value(const char* path, std::string_view key) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    if (!std::string_view{line}.starts_with(key)) continue;
    auto value = line.find_first_not_of(" \t", line.find(':') + 1);
    return value == std::string::npos ? std::string{} : line.substr(value);
  }
  return {};
}

double read_kib(const char* path, std::string_view key) {
  auto text = read_value(path, key);
  return text.empty() ? 0 : std::strtod(text.c_str(), nullptr);
}

/// Looks for the build-id note in the segments of the program itself (the first object).
int find_build_id(dl_phdr_info* object, std::size_t, void* out) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers.
    auto* at = reinterpret_cast<const unsigned char*>(object->dlpi_addr + segment.p_vaddr);
    auto* end = at + segment.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at, sizeof note);
      auto* name = at + sizeof note;
      auto* value = name + ((note.n_namesz + 3U) & ~3U);
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
        for (std::size_t b = 0; b < note.n_descsz; ++b)
          *static_cast<std::string*>(out) += fmt::format("{:02x}", value[b]);
      at = value + ((note.n_descsz + 3U) & ~3U);
    }
  }
  return 1; // the first object is the program: stop
}

} // namespace

std::string boot_id() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(file, id);
  return id;
}

std::string build_id() {
  std::string id;
  dl_iterate_phdr(find_build_id, &id);
  return id;
}

double memory_share() {
  auto total = read_kib("/proc/meminfo", "MemTotal:");
  auto available = read_kib("/proc/meminfo", "MemAvailable:");
  return total > 0 ? (total - available) / total : -1;
}

double resident_mib() {
  return read_kib("/proc/self/status", "VmRSS:") / 1024;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string machine_description() {
  auto model = read_value("/proc/cpuinfo", "model name");
  return fmt::format("{}, {} CPUs, {:.0f} GiB", model.empty() ? "unknown CPU" : model,
                     std::thread::hardware_concurrency(),
                     read_kib("/proc/meminfo", "MemTotal:") / (1024.0 * 1024.0));
}

} // namespace tickmesh
