#pragma once

#include <string.h>  // explicit_bzero is not in <cstring>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace innernet {

/// Wipes each block before it gives it back, also those that a growing container leaves behind.
template <class T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}

  T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
  void deallocate(T* block, std::size_t n) noexcept {
    ::explicit_bzero(block, n * sizeof(T));
    std::allocator<T>().deallocate(block, n);
  }

  friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

/// Buffers for messages with keys in them. A short text lives in the string object itself, which nobody wipes: start with reserve().
using WipedBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;
using WipedString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

}  // namespace innernet
