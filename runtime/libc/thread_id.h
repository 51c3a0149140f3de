// The ids of green threads for libc, distinct from the kernel's thread ids.
// libc stores them as the owner of a mutex.
//
// Each thread gets an id that no thread had before, although its block is
// reused. So locks that a thread still holds when it ends do not pass to the
// next thread.
#ifndef JIFFY_RUNTIME_LIBC_THREAD_ID_H_
#define JIFFY_RUNTIME_LIBC_THREAD_ID_H_

#include <cstddef>
#include <cstring>

namespace jiffy::internal {

// The kernel's ids are lower (PID_MAX_LIMIT), and so are those of OS threads.
inline constexpr int kFirstLibcId = 1 << 22;
// Blocks get ids from here on when they are made. The threads of a block share
// its id once the lower ids have run out. In libc's robust mutexes the bits
// above the 30th have another meaning.
inline constexpr int kFirstBlockLibcId = 1 << 29;

// The id for the next thread. Changed by the worker, with preemption off.
extern constinit int next_libc_id;

inline bool IsGreenLibcId(int id) { return id >= kFirstLibcId; }

// Returns whether a thread may have the id of one that ended.
inline bool LibcIdsRepeat() { return next_libc_id == kFirstBlockLibcId; }

// Gives the thread of that block an own id; `offset` is where the block has it.
// Context: preemption off.
inline void RenewLibcId(char* thread_pointer, ptrdiff_t offset) {
  if (next_libc_id == kFirstBlockLibcId) [[unlikely]] {
    return;
  }
  memcpy(thread_pointer + offset, &next_libc_id, sizeof next_libc_id);
  next_libc_id++;
}

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_THREAD_ID_H_
