#include "signals/interrupted.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "arch/context.h"
#include "signals/handler_state.h"

namespace jiffy::signals {
namespace {

#if defined(SYS_futex)
constexpr long kFutex = SYS_futex;
#else
constexpr long kFutex = SYS_futex_time64;
#endif
#if defined(SYS_futex_time64)
constexpr long kFutexTime64 = SYS_futex_time64;
#else
constexpr long kFutexTime64 = kFutex;
#endif

Interrupted In(Place place) { return {.place = place, .futex = {}}; }

}  // namespace

FutexWait FutexWaitInHandler(const ucontext_t* uc) {
  const arch::SystemCall call = arch::InterruptedCall(uc);
  if (call.number != kFutex && call.number != kFutexTime64) return {};
  const auto operation = static_cast<uint32_t>(call.arguments[1]);
  const uint32_t command = operation & FUTEX_CMD_MASK;
  if (command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET) return {};
  // A wait with a timeout. The kernel does not restart such a call, so the
  // thread has not made it yet.
  if (call.arguments[3] != 0) return {};
  return {.word = reinterpret_cast<uint32_t*>(call.arguments[0]),
          .expected = static_cast<uint32_t>(call.arguments[2]),
          .flags = operation & FUTEX_PRIVATE_FLAG};
}

Interrupted InterruptedInHandler(const ucontext_t* uc) {
  const uintptr_t pc = arch::InterruptedPc(uc);
  const TextRanges& text = handler_state.text;
  if (text.program.Contains(pc)) return {};
  if (!text.libc.Contains(pc) && !text.vdso.Contains(pc)) {
    return In(text.loader.Contains(pc) ? Place::kLibc : Place::kLibrary);
  }
  if (arch::AtSystemCall(pc)) {
    return {.place = Place::kKernel, .futex = FutexWaitInHandler(uc)};
  }
  if (arch::EndedSystemCall(uc, pc)) return In(Place::kKernel);
  return In(Place::kLibc);
}

// Requeues no waiters: this makes the kernel compare the word, and an unmapped
// word causes no fault.
bool StillWaitsInHandler(const FutexWait& wait) {
  const int saved_errno = errno;
  const bool waits =
      syscall(SYS_futex, wait.word, FUTEX_CMP_REQUEUE | wait.flags, 0, 0,
              wait.word, wait.expected) == 0;
  errno = saved_errno;
  return waits;
}

}  // namespace jiffy::signals
