// Tells AddressSanitizer about green threads' stacks. Without it (GCC's
// -fsanitize=address; ./jiffy test --config asan) everything here is empty,
// except the parts for ThreadSanitizer and valgrind (thread_sanitizer.h,
// valgrind.h).
//
// AddressSanitizer sees one OS thread that changes stacks. It has one record
// per OS thread, with the bounds of its stack and a malloc cache; each libc
// thread block points to the worker's record
// (runtime/libc/thread_block_reset.cc). So a thread must not be preempted in
// the sanitizer's code or in functions that this code calls. It is preempted
// only in the program's text, and in libc where it waits in the kernel.
#ifndef JIFFY_SIGNALS_SANITIZER_H_
#define JIFFY_SIGNALS_SANITIZER_H_

#include <signal.h>
#include <time.h>
#include <ucontext.h>

#include <cstdint>

#include "arch/context.h"
#include "signals/cpu.h"
#include "signals/preempt.h"

#if defined(JIFFY_VALGRIND)
#include "signals/valgrind.h"
#endif

#if defined(JIFFY_TSAN)
#include "signals/thread_sanitizer.h"
#elif defined(__SANITIZE_ADDRESS__)
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include <cstddef>
#include <cstdint>
#endif

namespace jiffy::signals {

#if defined(JIFFY_TSAN)

inline constexpr bool kAddressSanitizer = false;

// For functions that read what other frames have on a stack.
#define JIFFY_READS_STACKS JIFFY_UNINSTRUMENTED

#elif defined(__SANITIZE_ADDRESS__)

inline constexpr bool kAddressSanitizer = true;

// For functions that read what other frames have on a stack.
#define JIFFY_READS_STACKS __attribute__((no_sanitize_address))

// Annotates a switch to another stack. Construct it right before the switch;
// call Finish() right after the switch back. Call Begin() first on a new stack
// and End() last on a stack that is left for good. Context: preemption off.
class AnnotatedSwitch {
 public:
  explicit AnnotatedSwitch(const TaskHead& next) { Start(&fake_stack_, next); }
  void Finish() {
    __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
  }
  static void Begin() {
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
  }
  static void End(const TaskHead& next) { Start(nullptr, next); }

 private:
  static void Start(void** fake_stack, const TaskHead& next) {
    __sanitizer_start_switch_fiber(
        fake_stack, reinterpret_cast<const void*>(next.stack_low),
        next.stack_high - next.stack_low);
  }

  void* fake_stack_ = nullptr;
};

// Stores the bounds of the calling OS thread's stack. They stay unknown if libc
// does not know them.
inline void NoteOsStack(TaskHead& task) {
  pthread_attr_t attributes;
  void* low = nullptr;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  task.stack_low = reinterpret_cast<uintptr_t>(low);
  task.stack_high = task.stack_low + size;
}

// Registers a new stack, which stays for the life of the process.
inline void NoteStack(const TaskHead&) {}

// Forgets what the last thread left on a stack.
inline void ReuseStack(const TaskHead& task) {
  __asan_unpoison_memory_region(reinterpret_cast<const void*>(task.stack_low),
                                task.stack_high - task.stack_low);
}

// Forgets the frames below the caller's, which a jump skipped.
inline void ForgetLowerFrames() {
  constexpr size_t kDeepest = size_t{64} << 10;
  const char* here = static_cast<const char*>(__builtin_frame_address(0));
  __asan_unpoison_memory_region(here - kDeepest, kDeepest);
}

#else

inline constexpr bool kAddressSanitizer = false;

#define JIFFY_READS_STACKS

struct AnnotatedSwitch {
  explicit AnnotatedSwitch(const TaskHead&) {}
  void Finish() {}
  static void Begin() {}
  static void End(const TaskHead&) {}
};

inline void NoteOsStack(TaskHead&) {}

#if !defined(JIFFY_VALGRIND)
inline void NoteStack(const TaskHead&) {}

inline void ReuseStack(const TaskHead&) {}
#endif

#endif

#if defined(JIFFY_TSAN) || !defined(__SANITIZE_ADDRESS__)
inline void ForgetLowerFrames() {}
#endif

#if !defined(JIFFY_VALGRIND)

inline constexpr bool kValgrind = false;

inline constexpr int64_t kShortestTickNs = 0;
inline constexpr int64_t kShortestDeferNs = 0;

// For code that reads other frames on a stack, as in valgrind.h.
// AddressSanitizer needs JIFFY_READS_STACKS on the function instead.
struct UncheckedAccess {
  UncheckedAccess() {}
};

#endif

#if !defined(JIFFY_TSAN)

inline constexpr bool kThreadSanitizer = false;

// Sets the action of a signal of the runtime. The guard marks the call as the
// runtime's where sigaction is interposed.
inline int SetAction(int signal, const struct sigaction* action,
                     struct sigaction* old) {
  const PreemptGuard guard;
  return sigaction(signal, action, old);
}

// Reads a clock.
inline void ReadClock(clockid_t clock, timespec* now) {
  clock_gettime(clock, now);
}

inline bool FindFiberWord() { return true; }

inline void LeaveOsStack(const Cpu*) {}

inline void MakeFiber(TaskHead&, const char*) {}

inline void AbandonFiber(const TaskHead&) {}

inline void ReuseMemory(uintptr_t, size_t) {}

// Returns whether a thread whose PC is in libc waits in the kernel, in a system
// call that the kernel restarts.
inline bool WaitsInKernel(const ucontext_t* uc) {
  return arch::AtSystemCall(arch::InterruptedPc(uc));
}

#endif

// Whether a thread may be preempted only in the program's own text and where it
// waits in the kernel.
inline constexpr bool kPreemptsInProgram =
    kAddressSanitizer || kThreadSanitizer;

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_SANITIZER_H_
