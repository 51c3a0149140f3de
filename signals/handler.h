// The interrupt entry: the handler of the tick signal.
//
// How it enters ("entry D"; docs/preemption.md tells what else was tried). The
// handler runs on the interrupted task's own stack with the tick signal
// masked, and switches from inside: the signal frame on that stack keeps every
// register the task had. The next task runs with the signal still masked and
// unmasks lazily:
//
//   resumed after a cooperative   sets its mask by sigprocmask, if Cpu::masked
//   switch, or new                says that it must
//   resumed in its own handler    returns; sigreturn unmasks
//
// so a cooperative yield costs no system call, and a stack holds one signal
// frame at most.
//
// Two questions are asked at each tick. Is preemption wanted? Always: the tick
// is counted and need_resched set. Is it safe here? Only if
//
//   1. preempt_count is zero (a task that holds IrqSave gets no tick), or the
//      guards are the program's own and it waits in the kernel under them;
//   2. SP is not on the alternate stack, where a handler of the user's runs. A
//      stack that the program made itself (a coroutine's) is as good as the
//      task's own;
//   3. PC is not in the last instructions of this handler, which run unmasked
//      once the task was resumed (or frames could pile up);
//   4. PC is not in libc or ld.so, unless it waits there in the kernel. It
//      would be safe, since each task owns its libc thread block, but a task
//      that is preempted while it holds malloc's or a FILE's lock stalls the
//      CPU: the next to want it waits in the kernel. So the tick waits until
//      the task is out (deferral.h);
//   5. with a shared thread block, PC is in the program's own text. Under
//      AddressSanitizer as well, or, in libc, at a system call (sanitizer.h).
//
// If 1 fails, the guard's end reschedules. If another fails, a one-shot timer
// asks again, after half a tick at first, and leaving the next guard
// reschedules too.
//
// Why SIGALRM by default: it is the alarm clock's own signal, debuggers pass it
// to the program without stopping, libc uses it for nothing but alarm() and
// setitimer(ITIMER_REAL), and its default action makes a stray one noticed.
#ifndef JIFFY_SIGNALS_HANDLER_H_
#define JIFFY_SIGNALS_HANDLER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "signals/cpu.h"

namespace jiffy::signals {

// Installs the handler for `signal`, process-wide, and remembers the old one,
// which gets the signals that are not ours, with its own mask and flags
// (program_action.h). One installation at a time.
absl::Status InstallHandler(int signal);

// Puts the old action back, unless the program has installed another since.
void RemoveHandler();

// Makes ticks act that land in libc, which are otherwise put off (question 4);
// for tests. Context: OS thread, nothing running.
void ForceTicksInLibc(bool force);

// Makes the calling OS thread's mask let the tick signal through, or, at the
// end, swallows ticks that are still pending and restores the whole mask.
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
