// libgcc's unwinder, which is linked into the programs, asks the C library where the unwind tables of an address lie by
// _dl_find_object(), new in glibc 2.35. Answered here with dl_iterate_phdr(3) as older unwinders did it, the programs run on
// glibc 2.34 (RHEL 9), too: without this file the test house/programs-need-libc-alone says that they need 2.35. The other way,
// libgcc_s.so.1 as a shared library, is one more thing to install, and 0.2 of the 0.7 ms in which a program starts. Only a throw comes
// here.
#include <dlfcn.h>
#include <link.h>

#include <cstdint>

// Before glibc 2.35 there is neither the function nor a libgcc that wants it; processors whose unwinder asks for more use the C library's.
#if defined(DLFO_STRUCT_HAS_EH_DBASE) && !DLFO_STRUCT_HAS_EH_DBASE && !DLFO_STRUCT_HAS_EH_COUNT

namespace {

struct Search {
  std::uintptr_t address;
  dl_find_object* found;
};

int look_into(dl_phdr_info* object, std::size_t, void* data) {
  const Search& search = *static_cast<const Search*>(data);
  const ElfW(Phdr)* segment_of_address = nullptr;
  const ElfW(Phdr)* tables = nullptr;
  std::uintptr_t begin = UINTPTR_MAX;
  std::uintptr_t end = 0;
  for (const ElfW(Phdr)* segment = object->dlpi_phdr; segment != object->dlpi_phdr + object->dlpi_phnum; ++segment) {
    const std::uintptr_t start = object->dlpi_addr + segment->p_vaddr;
    if (segment->p_type == PT_GNU_EH_FRAME) tables = segment;
    if (segment->p_type != PT_LOAD) continue;
    if (start < begin) begin = start;
    if (start + segment->p_memsz > end) end = start + segment->p_memsz;
    if (search.address - start < segment->p_memsz) segment_of_address = segment;
  }
  if (segment_of_address == nullptr) return 0;
  if (tables == nullptr) return -1;
  search.found->dlfo_flags = 0;
  search.found->dlfo_map_start = reinterpret_cast<void*>(begin);
  search.found->dlfo_map_end = reinterpret_cast<void*>(end);
  search.found->dlfo_link_map = nullptr;  // the unwinder does not ask
  search.found->dlfo_eh_frame = reinterpret_cast<void*>(object->dlpi_addr + tables->p_vaddr);
  return 1;
}

}  // namespace

// Hidden: libraries that the C library loads (for names) go on asking the C library.
extern "C" [[gnu::visibility("hidden")]] int _dl_find_object(void* address, dl_find_object* found) noexcept {
  Search search{.address = reinterpret_cast<std::uintptr_t>(address), .found = found};
  return ::dl_iterate_phdr(look_into, &search) == 1 ? 0 : -1;
}
#endif
