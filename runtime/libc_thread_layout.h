// glibc's private thread layout, as discovered at start-up. For
// libc_thread*.cc.
#ifndef JIFFY_RUNTIME_LIBC_THREAD_LAYOUT_H_
#define JIFFY_RUNTIME_LIBC_THREAD_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace jiffy::internal {

// An entry of a dynamic thread vector: where a module's TLS lies. What stands
// at index 0 is the vector's generation, and before it how many modules there
// is room for.
struct DtvEntry {
  char* tls;
  void* to_free;
};
inline char* const kTlsUnallocated = reinterpret_cast<char*>(-1);

// A pthread key, as glibc's table of them holds it.
struct PthreadKey {
  uintptr_t sequence;  // Odd while the key is in use.
  void (*destructor)(void*);
};
inline constexpr int kPthreadKeys = 1024;          // PTHREAD_KEYS_MAX
inline constexpr int kPthreadKeysFirstLevel = 32;  // inline in struct pthread
inline constexpr size_t kPthreadKeyDataSize = 16;  // sequence, value

// A doubly linked list of ld.so's.
struct LoaderList {
  LoaderList* next;
  LoaderList* prev;
};

struct LibcLayout {
  // ld.so's and libc's private functions.
  void* (*allocate_tls)(void*) = nullptr;
  void (*deallocate_tls)(void*, bool free_block) = nullptr;
  void (*call_tls_dtors)() = nullptr;
  void (*ctype_init)() = nullptr;

  // Static TLS block with struct pthread, and its alignment.
  size_t static_tls_size = 0;
  size_t static_tls_alignment = 0;

  // struct pthread: size, and offsets of fields.
  size_t pthread_size = 0;
  ptrdiff_t tid = -1;
  ptrdiff_t list = -1;
  ptrdiff_t specific = -1;
  ptrdiff_t robust_head = -1;
  ptrdiff_t robust_futex_offset = -1;
  ptrdiff_t resolver = -1;
  ptrdiff_t stack_block = -1;
  ptrdiff_t rseq = -1;
  // Not needed by programs that never cancel threads; -1 if not found.
  ptrdiff_t cancelhandling = -1;

  // The TLS variable __resp, relative to the thread pointer.
  ptrdiff_t resp_tls = 0;

  // ld.so's count of the modules that it ever loaded; null if not found.
  // Reading it costs nothing, asking dl_iterate_phdr takes a lock.
  const volatile unsigned long long* load_count = nullptr;

  // The table of pthread keys.
  const PthreadKey* keys = nullptr;

  // ld.so's list of threads on stacks that it did not allocate, and the lock
  // of its thread lists; null if they were not recognised.
  LoaderList* stack_user = nullptr;
  int* stack_lock = nullptr;
};

// Finds and checks everything. Context: OS thread, nothing running.
absl::StatusOr<LibcLayout> DiscoverLibcLayout();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_THREAD_LAYOUT_H_
