// glibc's private thread layout, as discovered at start-up. For
// thread_block*.cc and tls_template.cc.
#ifndef JIFFY_RUNTIME_LIBC_LAYOUT_H_
#define JIFFY_RUNTIME_LIBC_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/libc/thread_block.h"

namespace jiffy::internal {

// An entry of a dynamic thread vector: where a module's TLS lies. Index 0 holds
// the vector's generation; the entry before it, the number of modules for which
// there is room.
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
// A key's sequence and value.
inline constexpr size_t kPthreadKeyDataSize = 2 * sizeof(void*);
inline constexpr int kNoPthreadKey = -1;

// A doubly linked list of ld.so.
struct LoaderList {
  LoaderList* next;
  LoaderList* prev;
};

// The offset of the CPU number in the kernel's struct rseq.
inline constexpr ptrdiff_t kRseqCpuId = 4;

inline constexpr ptrdiff_t kNoOffset = PTRDIFF_MIN;

struct LibcLayout {
  // ld.so's and libc's private functions.
  void* (*allocate_tls)(void*) = nullptr;
  void (*deallocate_tls)(void*, bool free_block) = nullptr;
  void (*call_tls_dtors)() = nullptr;
  void (*ctype_init)() = nullptr;

  // Static TLS block with struct pthread, and its alignment.
  size_t static_tls_size = 0;
  size_t static_tls_alignment = 0;

  // The offset and size of struct pthread. It begins at the thread pointer,
  // with static TLS below (x86), or ends there or a few words before, with
  // static TLS above.
  ptrdiff_t pthread = 0;
  size_t pthread_size = 0;
  // Its fields. All offsets here are from the thread pointer.
  ptrdiff_t tid = kNoOffset;
  ptrdiff_t list = kNoOffset;
  ptrdiff_t specific = kNoOffset;
  ptrdiff_t robust_head = kNoOffset;
  ptrdiff_t resolver = kNoOffset;
  ptrdiff_t stack_block = kNoOffset;
  ptrdiff_t rseq = kNoOffset;
  // The offset to a mutex's lock that the head of the robust list states.
  long robust_futex_offset = 0;
  // Not needed by programs that never cancel threads.
  ptrdiff_t cancelhandling = kNoOffset;
  // The place to which pthread_exit and cancellation unwind (refused_exit.h).
  // Not needed by programs that end no thread in this way.
  ptrdiff_t place_of_exit = kNoOffset;

  // Bytes of the static TLS block that modules can use.
  size_t static_tls_capacity = 0;
  // ld.so's list of modules with TLS; null if not known.
  char* tls_list = nullptr;

  // The TLS variable __resp.
  ptrdiff_t resp_tls = 0;

  // The table of pthread keys.
  const PthreadKey* keys = nullptr;
  // A sanitizer's key, if there is one. Its value belongs to the OS thread; do
  // not destroy it.
  int sanitizer_key = kNoPthreadKey;

  // ld.so's list of threads on stacks that it did not allocate, and the lock
  // of its thread lists; null if they were not recognised.
  LoaderList* stack_user = nullptr;
  int* stack_lock = nullptr;
};

// Write and read a field of a thread block by its offset.
template <typename T>
void Put(char* thread_pointer, ptrdiff_t offset, T value) {
  memcpy(thread_pointer + offset, &value, sizeof value);
}
template <typename T>
T Get(const char* thread_pointer, ptrdiff_t offset) {
  T value;
  memcpy(&value, thread_pointer + offset, sizeof value);
  return value;
}

// Finds and checks everything. Context: OS thread, nothing running.
absl::StatusOr<LibcLayout> DiscoverLibcLayout();

// The discovered layout. Set before any thread block is made.
extern constinit LibcLayout libc_layout;
extern constinit LibcThreadSize libc_thread_size;

// Returns the offset of libc's flag that the thread has set a value of a
// pthread key.
inline ptrdiff_t KeysUsed() {
  return libc_layout.specific +
         static_cast<ptrdiff_t>(kPthreadKeysFirstLevel * sizeof(void*));
}

// Holds ld.so's lock of its thread lists (glibc's lll_lock): 0 free, 1 held, 2
// held and waited for. Switches: if it has to wait.
class LoaderListLock {
 public:
  explicit LoaderListLock(int* word);
  ~LoaderListLock();
  LoaderListLock(const LoaderListLock&) = delete;
  LoaderListLock& operator=(const LoaderListLock&) = delete;

 private:
  int* word_;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_LAYOUT_H_
