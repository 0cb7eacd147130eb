// A part of a value that is most often not there, in the room of one pointer.
#pragma once

#include <concepts>
#include <memory>
#include <utility>

namespace tickmesh {

/// Compares and copies as its content; without one, as a default T.
template <class T>
class boxed {
public:
  boxed() = default;
  template <class U>
  requires std::convertible_to<U, T> boxed(U&& content) { // NOLINT: stands for its content
    T made(std::forward<U>(content));
    if (made != T{}) content_ = std::make_shared<const T>(std::move(made));
  }

  const T& operator*() const { return content_ ? *content_ : nothing(); }
  const T* operator->() const { return &**this; }

  friend bool operator==(const boxed& a, const boxed& b) {
    return a.content_ == b.content_ || *a == *b;
  }

private:
  static const T& nothing() {
    static const T none{};
    return none;
  }

  std::shared_ptr<const T> content_; // immutable, so that copies may share it
};

} // namespace tickmesh
