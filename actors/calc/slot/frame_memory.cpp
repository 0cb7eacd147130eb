#include "actors/calc/slot/frame_memory.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>
#include <string>

namespace tickmesh {

namespace {

/// A page that is taken alone, when it is first written to, costs several times as much. Long bytes
/// get memory of their own.
constexpr std::size_t chunk_bytes = 1 << 20;

std::shared_ptr<char> map_chunk() {
  auto* at = mmap(nullptr, chunk_bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc{};
  return {static_cast<char*>(at), [](char* chunk) { munmap(chunk, chunk_bytes); }};
}

} // namespace

kept_bytes frame_memory::keep(std::string_view bytes) {
  if (bytes.size() > chunk_bytes / 4) {
    auto own = std::make_shared<std::string>(bytes);
    return {own, *own};
  }
  if (chunk_ == nullptr || chunk_bytes - used_ < bytes.size()) {
    chunk_ = map_chunk();
    used_ = 0;
  }
  auto* at = chunk_.get() + used_;
  std::memcpy(at, bytes.data(), bytes.size());
  used_ += bytes.size();
  return {chunk_, {at, bytes.size()}};
}

} // namespace tickmesh
