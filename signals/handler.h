// The interrupt entry: the handler of the tick signal.
//
// This is "entry D"; docs/preemption.md lists the alternatives that were tried.
// The handler runs on the interrupted task's own stack with the tick signal
// masked, and switches from inside: the signal frame on that stack keeps all
// registers of the task. The next task starts with the signal still masked and
// unmasks lazily:
//
//   resumed after a cooperative   sets its mask by sigprocmask, if Cpu::masked
//   switch, or new                says that it must
//   resumed in its own handler    returns; sigreturn unmasks
//
// So a cooperative yield costs no system call, and a stack holds at most one
// signal frame.
//
// Each tick is counted and sets need_resched. Preemption is safe only if
//
//   1. preempt_count is zero (a task that holds IrqSave gets no tick), or all
//      guards are the program's own and the task waits in the kernel under
//      them;
//   2. SP is not on the alternate stack, where a handler of the user runs. A
//      stack that the program made itself (for a coroutine) is as safe as the
//      task's own;
//   3. PC is not in the last instructions of this handler. They run unmasked
//      after the task is resumed, so frames could pile up;
//   4. PC is not in libc or ld.so, unless the task waits there in the kernel.
//      Each task owns its libc thread block, so preemption would be correct,
//      but a task preempted with malloc's or a FILE's lock stalls the CPU: the
//      next task that wants the lock waits in the kernel. So the tick waits
//      until the task leaves the library (deferral.h);
//   5. with a shared thread block, PC is in the program's own text. Under
//      AddressSanitizer, PC is there or, in libc, at a system call
//      (sanitizer.h).
//
// If 1 fails, the end of the guard reschedules. If another fails, a one-shot
// timer checks again, after half a tick at first; the end of the next guard
// reschedules too.
//
// SIGALRM is the default because it is the alarm clock's signal, debuggers pass
// it to the program without stopping, libc uses it only for alarm() and
// setitimer(ITIMER_REAL), and its default action makes a stray one visible.
#ifndef JIFFY_SIGNALS_HANDLER_H_
#define JIFFY_SIGNALS_HANDLER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "signals/cpu.h"

namespace jiffy::signals {

// Installs the handler for `signal`, process-wide. Signals that are not ours go
// to the previous handler, with its own mask and flags (program_action.h). One
// installation at a time.
absl::Status InstallHandler(int signal);

// Restores the old action, unless the program has installed another since.
void RemoveHandler();

// Makes ticks preempt in libc instead of being deferred (condition 4); for
// tests. Context: OS thread, nothing running.
void ForceTicksInLibc(bool force);

// Unblocks the tick signal in the calling OS thread while in scope. At the end,
// discards pending ticks and restores the whole mask.
class TickMask {
 public:
  explicit TickMask(int signal);
  ~TickMask();
  TickMask(const TickMask&) = delete;
  TickMask& operator=(const TickMask&) = delete;

 private:
  int signal_;
  uint64_t mask_before_;
};

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_HANDLER_H_
