#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace innernet {

/// Memory of its own pages, which go neither to the swap nor into a core dump, between two that nobody may touch. Where a process may not
/// lock that much (RLIMIT_MEMLOCK) it is not locked. Throws std::bad_alloc.
void* allocate_locked(std::size_t bytes);
/// Wipes it first.
void free_locked(void* block) noexcept;

/// Each block is locked, and wiped before it is given back, also those that a growing container leaves behind.
template <class T>
struct WipingAllocator {
  static_assert(alignof(T) == 1, "a block of locked memory ends at the end of a page and begins anywhere");
  using value_type = T;

  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}

  T* allocate(std::size_t n) { return static_cast<T*>(allocate_locked(n * sizeof(T))); }
  void deallocate(T* block, std::size_t) noexcept { free_locked(block); }

  friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

/// Buffers for messages with keys in them. A short text lives in the string object itself, which nobody wipes: start with reserve().
using WipedBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;
using WipedString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

}  // namespace innernet
