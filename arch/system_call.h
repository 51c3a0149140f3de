// A system call as recorded in the frame of a signal.
#ifndef JIFFY_ARCH_SYSTEM_CALL_H_
#define JIFFY_ARCH_SYSTEM_CALL_H_

#include <cstdint>

namespace jiffy::arch {

// The number, as in SYS_futex, and the first four arguments.
struct SystemCall {
  long number;
  uintptr_t arguments[4];
};

}  // namespace jiffy::arch

#endif  // JIFFY_ARCH_SYSTEM_CALL_H_
