// A library that is not libc, with a lock as libc has them: for tests of what
// becomes of a thread that is preempted in there.
#ifndef JIFFY_TESTS_RUNTIME_LOCK_LIBRARY_H_
#define JIFFY_TESTS_RUNTIME_LOCK_LIBRARY_H_

#include <cstdint>

namespace jiffy {

// What a thread and the library tell each other.
struct LockMeeting {
  // Set by the library once the thread holds the lock.
  volatile bool open = false;
  // Counted by the threads that want the lock, each before it asks.
  volatile int turns = 0;
  // For how many turns the thread stays in the library.
  int until = 1;
  // The turns that had passed when the thread ran on.
  volatile int seen = 0;
};

struct LockLibraryApi {
  // 0 free, 1 held, 2 held and wanted. Waits in the kernel.
  void (*lock)(uint32_t* word);
  void (*unlock)(uint32_t* word);
  // Computes without a call until that many turns have passed, or about `steps`
  // steps.
  void (*meet)(LockMeeting* meeting, uint64_t steps);
  // The same, with most of the time spent in libc's memset.
  void (*meet_in_libc)(LockMeeting* meeting, uint64_t steps);
  // Both a `lock`, the first `meet` and the `unlock`.
  void (*hold)(uint32_t* word, LockMeeting* meeting, uint64_t steps);
};

// Returns the library, which it loads at the first call.
const LockLibraryApi& LockLibrary();

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_LOCK_LIBRARY_H_
