// The kernel's futex, called as by a library other than libc.
#ifndef JIFFY_TESTS_RUNTIME_FUTEX_CALL_H_
#define JIFFY_TESTS_RUNTIME_FUTEX_CALL_H_

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

namespace jiffy {

// Where time has 64 bits only, there is just one such call.
#if defined(SYS_futex)
inline constexpr long kFutex = SYS_futex;
#else
inline constexpr long kFutex = SYS_futex_time64;
#endif

// Returns 0 if the wait was woken.
inline long WaitForFutex(void* word, uint32_t expected,
                         const timespec* limit = nullptr) {
  return syscall(kFutex, word, FUTEX_WAIT_PRIVATE, expected, limit, nullptr, 0);
}

inline long WakeFutex(void* word, int most) {
  return syscall(kFutex, word, FUTEX_WAKE_PRIVATE, most, nullptr, nullptr, 0);
}

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_FUTEX_CALL_H_
