// A part of a value that is most often not there, in the room of one pointer.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <utility>

namespace tickmesh {

/// Compares and copies as its content; without one, as a default T. Copies share it, in any thread.
template <class T>
class boxed {
public:
  boxed() = default;
  template <class U>
  requires std::convertible_to<U, T> boxed(U&& content) { // NOLINT: stands for its content
    T made(std::forward<U>(content));
    if (made != T{}) shared_ = new owned{std::move(made)};
  }
  boxed(const boxed& other) : shared_(other.shared_) {
    if (shared_ != nullptr) shared_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  boxed(boxed&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  boxed& operator=(boxed other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~boxed() {
    if (shared_ != nullptr && shared_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete shared_;
  }

  const T& operator*() const { return shared_ != nullptr ? shared_->content : nothing(); }
  const T* operator->() const { return &**this; }

  friend bool operator==(const boxed& a, const boxed& b) {
    return a.shared_ == b.shared_ || *a == *b;
  }

private:
  struct owned {
    const T content;
    std::atomic<std::uint32_t> owners{1};
  };
  static const T& nothing() {
    static const T none{};
    return none;
  }

  owned* shared_ = nullptr;
};

} // namespace tickmesh
