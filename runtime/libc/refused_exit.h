// Refuses pthread_exit, thrd_exit and cancellation in green threads that cannot
// end in these ways.
//
// libc ends a thread by unwinding to a place that the thread block names. libc
// names one for threads that it starts; //runtime/interpose names one for green
// threads. If //runtime/interpose is not linked, the block names the place
// here, which ends the program with a message. (Without it libc would follow a
// null pointer.)
#ifndef JIFFY_RUNTIME_LIBC_REFUSED_EXIT_H_
#define JIFFY_RUNTIME_LIBC_REFUSED_EXIT_H_

#include <pthread.h>

#include <cstddef>

namespace jiffy::internal {

// Prints which thread tried to end so, and what to do instead; aborts. Context:
// green thread.
[[noreturn]] void RefuseExit();

// Returns the place, which serves all threads. The first call makes it.
// Context: OS thread, nothing running.
__pthread_unwind_buf_t* RefusedExit();

// Finds the field of a thread block that names its place. Searches `size` bytes
// of the calling thread's block from `begin` on. Returns the offset from the
// thread pointer, or `not_found`.
ptrdiff_t FindPlaceOfExit(const char* begin, ptrdiff_t size,
                          ptrdiff_t not_found);

// Sets the place for the calling OS thread while in scope. For workers whose
// green threads share the OS thread's block.
class RefusedExitScope {
 public:
  RefusedExitScope();
  ~RefusedExitScope();
  RefusedExitScope(const RefusedExitScope&) = delete;
  RefusedExitScope& operator=(const RefusedExitScope&) = delete;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_REFUSED_EXIT_H_
