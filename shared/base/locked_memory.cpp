#include <sodium.h>

#include <cstdlib>
#include <new>

#include "innernet/base/wiping_allocator.hpp"

namespace innernet {

void* allocate_locked(std::size_t bytes) {
  // Draws the value that stands before each block, and tells when it was written over.
  static const bool is_ready = ::sodium_init() >= 0;
  if (!is_ready) std::abort();
  void* block = ::sodium_malloc(bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void free_locked(void* block) noexcept { ::sodium_free(block); }

}  // namespace innernet
