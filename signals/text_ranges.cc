#include "signals/text_ranges.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstdint>

namespace jiffy::signals {
namespace {

struct Search {
  // Addresses that are known to lie in the objects.
  uintptr_t in_libc;
  uintptr_t in_vdso;
  uintptr_t in_loader;
  uintptr_t in_program;
  TextRanges found;
};

// Stores the executable segment of the object that holds the wanted addresses.
int Visit(dl_phdr_info* info, size_t, void* arg) {
  Search& search = *static_cast<Search*>(arg);
  TextRange text;
  uintptr_t low = UINTPTR_MAX;
  uintptr_t high = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    const uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    const uintptr_t end = begin + header.p_memsz;
    if (begin < low) low = begin;
    if (end > high) high = end;
    if ((header.p_flags & PF_X) != 0) text = {begin, end};
  }
  const TextRange whole = {low, high};
  if (whole.Contains(search.in_program)) {
    search.found.program = text;
  } else if (whole.Contains(search.in_libc)) {
    search.found.libc = text;
  } else if (whole.Contains(search.in_vdso)) {
    search.found.vdso = text;
  } else if (whole.Contains(search.in_loader)) {
    search.found.loader = text;
  }
  return 0;
}

}  // namespace

TextRanges FindTextRanges() {
  Search search = {};
  search.in_program = getauxval(AT_ENTRY);
  search.in_loader = getauxval(AT_BASE);
  search.in_vdso = getauxval(AT_SYSINFO_EHDR);
  // A function that no program refers to: for others, the address may be that
  // of the program's PLT entry.
  search.in_libc =
      reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, "__call_tls_dtors"));
  dl_iterate_phdr(&Visit, &search);
  return search.found;
}

}  // namespace jiffy::signals
