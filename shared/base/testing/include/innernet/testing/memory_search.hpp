#pragma once

#include <fcntl.h>
#include <string.h>  // memmem is not in <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/unique_fd.hpp"

namespace innernet::testing {

/// Sanitizers have terabytes of memory of their own, and make mlock(2) do nothing.
#ifdef INNERNET_SANITIZED
constexpr bool kMemoryCanBeSearched = false;
#else
constexpr bool kMemoryCanBeSearched = true;
#endif

/// What is looked for, with each bit turned: so that the search does not find itself.
using Turned = std::vector<std::uint8_t>;

inline Turned turned(std::string_view bytes) {
  Turned out(bytes.size());
  std::ranges::transform(bytes, out.begin(), [](char c) { return static_cast<std::uint8_t>(~static_cast<unsigned char>(c)); });
  return out;
}

/// Where this process has something in memory: the line of /proc/self/smaps about the mapping that it is in, and whether that is locked.
struct PlaceInMemory {
  std::string mapping;
  std::size_t number = 0;  ///< which of those that were looked for
  bool is_locked = false;

  friend std::ostream& operator<<(std::ostream& out, const PlaceInMemory& place) {
    return out << place.mapping << (place.is_locked ? " (locked)" : "") << ": " << place.number;
  }
};

/// All mappings that can be written (stacks, heap, data) are looked through.
inline std::vector<PlaceInMemory> places_in_memory(const std::vector<Turned>& needles) {
  constexpr std::size_t kPiece = 1U << 20U;
  // Memory of its own, which is left out.
  auto* const piece = static_cast<std::uint8_t*>(::mmap(nullptr, kPiece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (piece == MAP_FAILED) throw std::runtime_error("mmap failed");
  const UniqueFd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  if (!memory) throw std::runtime_error("/proc/self/mem can't be opened");

  struct Mapping {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::string line;
    bool is_touched = false;  // has pages in memory or swap
    bool is_locked = false;
  };
  std::vector<Mapping> mappings;
  std::ifstream smaps("/proc/self/smaps");
  for (std::string line; std::getline(smaps, line);) {
    if (line.starts_with("VmFlags:")) {
      if (!mappings.empty()) mappings.back().is_locked = line.find(" lo") != std::string::npos;
    } else if (line.starts_with("Rss:") || line.starts_with("Swap:")) {
      if (!mappings.empty()) mappings.back().is_touched |= line.find_first_of("123456789") != std::string::npos;
    } else if (const std::size_t dash = line.find('-'); dash != std::string::npos && line.find(':') > dash) {
      mappings.push_back({.begin = std::stoull(line, nullptr, 16),
                          .end = std::stoull(line.substr(dash + 1), nullptr, 16),
                          .line = line,
                          .is_touched = false,
                          .is_locked = false});
    }
  }

  std::vector<PlaceInMemory> found;
  for (const Mapping& mapping : mappings) {
    if (!mapping.is_touched || mapping.line.find(" rw") == std::string::npos) continue;
    std::size_t kept = 0;  // the end of the piece before, in which something may begin
    for (std::uintptr_t at = mapping.begin; at < mapping.end;) {
      // The search's own memory may have become one with its neighbours.
      const auto own = reinterpret_cast<std::uintptr_t>(piece);
      if (at >= own && at < own + kPiece) {
        at = own + kPiece;
        kept = 0;
        continue;
      }
      const std::uintptr_t end = at < own ? std::min(mapping.end, own) : mapping.end;
      const std::size_t wanted = std::min<std::size_t>(kPiece - kept, end - at);
      const ssize_t got = ::pread(memory.get(), piece + kept, wanted, static_cast<off_t>(at));
      if (got <= 0) break;
      at += static_cast<std::uintptr_t>(got);
      const std::span<std::uint8_t> seen(piece, kept + static_cast<std::size_t>(got));
      for (std::uint8_t& byte : seen.subspan(kept)) byte = static_cast<std::uint8_t>(~byte);
      for (std::size_t i = 0; i < needles.size(); ++i)
        if (::memmem(seen.data(), seen.size(), needles[i].data(), needles[i].size()) != nullptr)
          found.push_back({mapping.line, i, mapping.is_locked});
      const std::size_t longest = std::ranges::max(needles, {}, &Turned::size).size();
      kept = std::min(seen.size(), longest - 1);
      std::ranges::copy(seen.last(kept), seen.begin());
    }
  }
  ::munmap(piece, kPiece);
  return found;
}

}  // namespace innernet::testing
