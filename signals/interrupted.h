// Where a tick interrupted the current thread; the handler passes this to the
// scheduler.
#ifndef JIFFY_SIGNALS_INTERRUPTED_H_
#define JIFFY_SIGNALS_INTERRUPTED_H_

#include <ucontext.h>

#include <cstdint>

namespace jiffy::signals {

enum class Place : uint8_t {
  kProgram,  // The program's own text, or code that the handler does not know.
  kLibrary,  // A shared object that is not libc: its locks may be held.
  kLibc,    // libc, ld.so: malloc's, a FILE's or the loader's lock may be held.
  kKernel,  // A system call that blocks, made by libc: a lock may be held, too.
};

// A wait that the kernel restarts when the thread resumes: FUTEX_WAIT or
// FUTEX_WAIT_BITSET without a timeout.
struct FutexWait {
  // nullptr: not such a wait.
  uint32_t* word = nullptr;
  uint32_t expected = 0;
  // FUTEX_PRIVATE_FLAG or 0.
  uint32_t flags = 0;
};

struct Interrupted {
  Place place = Place::kProgram;
  // For kKernel.
  FutexWait futex;
};

// Returns where `uc` was interrupted. Context: handler.
Interrupted InterruptedInHandler(const ucontext_t* uc);

// Returns the wait of a thread whose PC is at a system call. Context: handler.
FutexWait FutexWaitInHandler(const ucontext_t* uc);

// Returns whether a thread that resumes `wait` would block: the word still has
// the expected value. False if the word is unmapped. Context: handler.
bool StillWaitsInHandler(const FutexWait& wait);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_INTERRUPTED_H_
