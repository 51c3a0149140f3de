// The shared object of lock_library.h.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tests/runtime/futex_call.h"
#include "tests/runtime/lock_library.h"

namespace jiffy {
namespace {

void Lock(uint32_t* word) {
  uint32_t free = 0;
  if (__atomic_compare_exchange_n(word, &free, 1, false, __ATOMIC_ACQUIRE,
                                  __ATOMIC_RELAXED)) {
    return;
  }
  while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0) {
    WaitForFutex(word, 2);
  }
}

void Unlock(uint32_t* word) {
  if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2) {
    WakeFutex(word, 1);
  }
}

void Meet(LockMeeting* meeting, uint64_t steps) {
  meeting->open = true;
  while (meeting->turns < meeting->until && steps-- != 0) {
  }
  meeting->seen = meeting->turns;
}

void MeetInLibc(LockMeeting* meeting, uint64_t steps) {
  constexpr size_t kBlock = 1 << 20;
  static char block[kBlock];
  meeting->open = true;
  while (meeting->turns < meeting->until && steps > kBlock) {
    memset(block, meeting->turns, kBlock);
    asm volatile("" : : "r"(block) : "memory");
    steps -= kBlock / 16;
  }
  meeting->seen = meeting->turns;
}

void Hold(uint32_t* word, LockMeeting* meeting, uint64_t steps) {
  Lock(word);
  Meet(meeting, steps);
  Unlock(word);
}

}  // namespace
}  // namespace jiffy

extern "C" {
extern const jiffy::LockLibraryApi lock_library_api;
const jiffy::LockLibraryApi lock_library_api = {
    .lock = &jiffy::Lock,
    .unlock = &jiffy::Unlock,
    .meet = &jiffy::Meet,
    .meet_in_libc = &jiffy::MeetInLibc,
    .hold = &jiffy::Hold,
};
}
