// A library other than libc with locks like libc's: for tests of threads that
// are preempted inside it.
#ifndef JIFFY_TESTS_RUNTIME_LOCK_LIBRARY_H_
#define JIFFY_TESTS_RUNTIME_LOCK_LIBRARY_H_

#include <cstdint>

namespace jiffy {

// Variables shared by a thread and the library.
struct LockMeeting {
  // Set by the library once the thread holds the lock.
  volatile bool open = false;
  // Each thread that wants the lock counts itself before it asks for it.
  volatile int turns = 0;
  // Number of turns for which the thread stays in the library.
  int until = 1;
  // Number of turns that had passed when the thread continued.
  volatile int seen = 0;
};

struct LockLibraryApi {
  // 0 free, 1 held, 2 held and wanted. Waits in the kernel.
  void (*lock)(uint32_t* word);
  void (*unlock)(uint32_t* word);
  // Computes without a call until that many turns have passed, or about `steps`
  // steps.
  void (*meet)(LockMeeting* meeting, uint64_t steps);
  // Does the same, but spends most of the time in libc's memset.
  void (*meet_in_libc)(LockMeeting* meeting, uint64_t steps);
  // Does all three: `lock`, the first `meet` and `unlock`.
  void (*hold)(uint32_t* word, LockMeeting* meeting, uint64_t steps);
};

// Returns the library, which it loads at the first call.
const LockLibraryApi& LockLibrary();

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_LOCK_LIBRARY_H_
