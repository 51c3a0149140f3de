// What pthread_exit, thrd_exit and cancellation meet in a green thread that
// cannot end by them.
//
// libc ends a thread by unwinding to a place that its thread block names. A
// thread that libc starts names one; so does //runtime/interpose for green
// threads. Where that is not linked, the block names a place here, which ends
// the program with a message. (Without it libc would follow a null pointer.)
#ifndef JIFFY_RUNTIME_LIBC_REFUSED_EXIT_H_
#define JIFFY_RUNTIME_LIBC_REFUSED_EXIT_H_

#include <pthread.h>

#include <cstddef>

namespace jiffy::internal {

// Prints which thread did what it cannot, and what to do instead; aborts.
// Context: green thread.
[[noreturn]] void RefuseExit();

// Returns the place, which the first call makes; it serves all threads.
// Context: OS thread, nothing running.
__pthread_unwind_buf_t* RefusedExit();

// Finds where a thread block names its place: looks through the calling
// thread's, `size` bytes from `begin` on. Returns the offset from the thread
// pointer, or `not_found`.
ptrdiff_t FindPlaceOfExit(const char* begin, ptrdiff_t size,
                          ptrdiff_t not_found);

// Makes the place that of the calling OS thread while in scope: of a worker
// whose green threads share its thread block.
class RefusedExitScope {
 public:
  RefusedExitScope();
  ~RefusedExitScope();
  RefusedExitScope(const RefusedExitScope&) = delete;
  RefusedExitScope& operator=(const RefusedExitScope&) = delete;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_REFUSED_EXIT_H_
