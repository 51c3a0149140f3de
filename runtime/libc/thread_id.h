// What libc takes green threads for: numbers beside the kernel's ids of
// threads, which libc notes as the owner of a mutex.
//
// Each thread gets one that no thread had before it, though its block is used
// again: what a thread holds still when it ends is not the next one's.
#ifndef JIFFY_RUNTIME_LIBC_THREAD_ID_H_
#define JIFFY_RUNTIME_LIBC_THREAD_ID_H_

#include <cstddef>
#include <cstring>

namespace jiffy::internal {

// The kernel's are below (PID_MAX_LIMIT), and so are those of OS threads.
inline constexpr int kFirstLibcId = 1 << 22;
// Those from here on are given to blocks, when they are made: what a block's
// threads have in common once the others have run out. In libc's robust mutexes
// the bits above the 30th mean something else.
inline constexpr int kFirstBlockLibcId = 1 << 29;

// The one for the next thread. Changed by the worker, with preemption off.
extern constinit int next_libc_id;

inline bool IsGreenLibcId(int id) { return id >= kFirstLibcId; }

// Whether a thread may have the id of one that ended.
inline bool LibcIdsRepeat() { return next_libc_id == kFirstBlockLibcId; }

// Gives the thread with that block, whose id is at that offset, one of its own.
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
