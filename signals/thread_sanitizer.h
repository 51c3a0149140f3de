// Tells ThreadSanitizer about green threads (./jiffy test --config tsan).
// Include signals/sanitizer.h instead.
//
// Each green thread is a fiber with its own clock and stack. A switch orders
// nothing: the actions of two threads are ordered only if the threads
// synchronise (race.h).
//
// ThreadSanitizer finds the record of the current thread or fiber by a word in
// TLS. A green thread with its own libc thread block has its own word.
//
//   Invariant: while a thread block is in use, its word names the fiber that
//   uses it, except inside AnnotatedSwitch, with preemption off.
//
// The tick's handler is installed directly, not through ThreadSanitizer, which
// would hold back the signal until the thread next calls an intercepted
// function. So the tick may interrupt ThreadSanitizer itself, anywhere, with
// locks held and a record half written. Hence:
//
//   1. Before the handler knows where the thread was interrupted, it runs only
//      code that is not instrumented and calls nothing that ThreadSanitizer
//      intercepts.
//   2. A thread is preempted only in the program's own text, where the handler
//      acts like a call made by the program, or where it waits in the kernel,
//      in libc, in a call that ThreadSanitizer makes without holding its own
//      locks (WaitsInKernel).
#ifndef JIFFY_SIGNALS_THREAD_SANITIZER_H_
#define JIFFY_SIGNALS_THREAD_SANITIZER_H_

#include <sanitizer/tsan_interface.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "arch/context.h"
#include "signals/cpu.h"
#include "signals/preempt.h"
#include "signals/race.h"

extern "C" {
// For heaps other than malloc's. No header declares these.
void __tsan_java_alloc(uintptr_t memory, uintptr_t size);
void __tsan_java_free(uintptr_t memory, uintptr_t size);
// libc's own name for sigaction.
int __sigaction(int signal, const struct sigaction* action,
                struct sigaction* old);
}

namespace jiffy::signals {

inline constexpr bool kThreadSanitizer = true;

// Sets the action of a signal of the runtime. Not through ThreadSanitizer's
// sigaction: its handler would hold back the tick, and if a fault's handler
// leaves by a jump, it believes that the thread is still in the handler.
inline int SetAction(int signal, const struct sigaction* action,
                     struct sigaction* old) {
  return __sigaction(signal, action, old);
}

// Reads a clock. Not through ThreadSanitizer's clock_gettime, which takes locks
// when it sees a race: the tick may have interrupted a holder (rule 1).
inline void ReadClock(clockid_t clock, timespec* now) {
  syscall(SYS_clock_gettime, clock, now);
}

// Offset of the word from the thread pointer; 0 until it is found.
extern ptrdiff_t fiber_word;

// Finds the word. Returns whether it exists. Context: OS thread, nothing
// running.
bool FindFiberWord();

inline void SetFiber(void* thread_pointer, void* fiber) {
  memcpy(static_cast<char*>(thread_pointer) + fiber_word, &fiber, sizeof fiber);
}

// Annotates a switch to another stack. Construct it right before the switch;
// call Finish() right after the switch back. Call Begin() first on a new stack
// and End() last on a stack that is left for good. Context: preemption off.
class AnnotatedSwitch {
 public:
  explicit AnnotatedSwitch(const TaskHead& next) {
    const TaskHead& head = task_frame.head;
    // Tasks that keep preemption off exclude each other, except while one
    // waits.
    if (head.current->user_guards != 0) Released(&exclusive);
    void* self = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(next.fiber, __tsan_switch_to_fiber_no_sync);
    if (!head.cpu->shared_tls) SetFiber(arch::ThreadPointer(), self);
  }
  void Finish() {
    if (task_frame.head.current->user_guards != 0) Acquired(&exclusive);
  }
  static void Begin() { BeginUnseen(); }
  static void End(const TaskHead& next) {
    Released(&exclusive);
    Released(task_frame.head.cpu);
    EndUnseen();
    __tsan_switch_to_fiber(next.fiber, __tsan_switch_to_fiber_no_sync);
  }
};

// The calling OS thread's record serves the idle task from the first call until
// the second. After the second, everything that ended threads did is ordered
// before the caller.
inline void NoteOsStack(TaskHead& task) {
  task.fiber = __tsan_get_current_fiber();
  BeginUnseen();
}
inline void LeaveOsStack(const Cpu* cpu) {
  EndUnseen();
  Acquired(cpu);
}

// Orders everything that a thread did, which will never run again, before the
// caller's next actions. Context: the worker's own stack.
inline void AbandonFiber(const TaskHead& task) {
  void* self = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(task.fiber, __tsan_switch_to_fiber_no_sync);
  __tsan_switch_to_fiber(self, 0);
}

inline void NoteStack(const TaskHead&) {}

// Forgets who used the memory until now: it goes to another thread.
inline void ReuseMemory(uintptr_t low, size_t size) {
  __tsan_java_free(low, size);
  __tsan_java_alloc(low, size);
}

// Forgets what the last thread left on a stack, and that thread.
inline void ReuseStack(TaskHead& task) {
  ReuseMemory(task.stack_low, task.stack_high - task.stack_low);
  if (task.fiber != nullptr) __tsan_destroy_fiber(task.fiber);
  task.fiber = nullptr;
}

// Makes the fiber of a thread that is about to start. The caller's past actions
// are ordered before the thread.
inline void MakeFiber(TaskHead& task, const char* name) {
  task.fiber = __tsan_create_fiber(0);
  if (name[0] != '\0') __tsan_set_fiber_name(task.fiber, name);
  if (task.context.thread_pointer != nullptr) {
    SetFiber(task.context.thread_pointer, task.fiber);
  }
}

// Returns whether a thread whose PC is in libc waits in the kernel for a call
// of the program: for a lock, a time, or I/O. At other system calls, such as
// fork, ThreadSanitizer may hold its own locks. The kernel does not restart a
// wait with a timeout: such a wait has ended, and libc begins another.
inline bool WaitsInKernel(const ucontext_t* uc) {
  const uintptr_t pc = arch::InterruptedPc(uc);
#if defined(__x86_64__)
  constexpr uintptr_t kLength = 2;
  const int64_t number = uc->uc_mcontext.gregs[REG_RAX];
  const int64_t result = number;
#elif defined(__aarch64__)
  constexpr uintptr_t kLength = 4;
  const auto number = static_cast<int64_t>(uc->uc_mcontext.regs[8]);
  const auto result = static_cast<int64_t>(uc->uc_mcontext.regs[0]);
#else
#error "where are the number of a system call and its result?"
#endif
  if (result == -EINTR && arch::AtSystemCall(pc - kLength)) return true;
  if (!arch::AtSystemCall(pc)) return false;
  switch (number) {
    case SYS_futex:
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_read:
    case SYS_readv:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
    case SYS_ppoll:
    case SYS_pselect6:
    case SYS_epoll_pwait:
    case SYS_wait4:
    case SYS_waitid:
#if defined(__x86_64__)
    case SYS_poll:
    case SYS_select:
    case SYS_epoll_wait:
#endif
      return true;
    default:
      return false;
  }
}

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_THREAD_SANITIZER_H_
