// The signal side of a CPU: what the interrupt handler and the scheduler's
// loop tell each other.
//
// One OS thread serves as one CPU. The handler runs on that thread only (its
// timers are aimed at it), never nested, so each field has one writer in the
// handler and one outside, and volatile is enough; what other threads may read
// is a Counter.
#ifndef JIFFY_SIGNALS_CPU_H_
#define JIFFY_SIGNALS_CPU_H_

#include <signal.h>
#include <sys/types.h>

#include <cstdint>

#include "signals/deferral.h"
#include "signals/interrupted.h"
#include "signals/preempt.h"
#include "signals/single_writer.h"
#include "signals/steal_meter.h"
#include "signals/tick.h"

namespace jiffy::signals {

// Who asks for a rescheduling.
enum class RescheduleFrom {
  kGuard,    // PreemptEnable, as a cooperative switch.
  kHandler,  // The interrupt handler, with the tick signal masked.
};

// Whose mask the kernel has.
enum MaskState : uint8_t {
  // That of the task that runs.
  kMaskRight = 0,
  // Maybe that of a handler or of another task. A task that is switched to sets
  // its own mask, unless it returns to the tick's handler, which does so.
  kMaskOther,
  // The same; and the tick's handler is about to switch, so the mask and the
  // alternate stack of the task that it interrupted are in its signal frame.
  kMaskOtherInHandler,
};

// The handlers of the program's that have run on an OS thread for signals that
// were sent to the process (runtime/interpose/cut_short.h). Written by them.
struct HandlersRun {
  volatile uint64_t count = 0;
  // For each signal but 0: the count right after its last one.
  volatile uint64_t last[_NSIG] = {};
};

struct Cpu {
  // The one call up: charges the ticks that passed, wakes sleepers that are
  // due and switches if the policy wants it. Called in the context of the
  // current task with preempt_count 1. In kHandler it runs inside the signal
  // handler.
  void (*reschedule)(Cpu* cpu, RescheduleFrom from) = nullptr;

  // If set: called when a tick finds preemption off, after it was counted.
  // `may_report` tells whether it may call functions of libc's. Context:
  // handler.
  void (*guarded_tick)(Cpu* cpu, bool may_report) = nullptr;

  // If set: called for a signal that none of our timers sent. Returns whether
  // it was meant for the runtime. Context: handler.
  // With a null `info` for a tick, if `requested` is set.
  bool (*foreign_signal)(Cpu* cpu, const siginfo_t* info) = nullptr;

  // If set: called when a signal of ours finds the current task right behind a
  // system call of libc's, which it may have cut short. Context: handler.
  void (*call_ended)() = nullptr;

  // Set by other OS threads: a signal of theirs may be lost while a tick is
  // pending, so the tick stands for it.
  volatile bool requested = false;

  // Ticks that the timer has delivered and that somebody is to be charged,
  // those that expired while the signal was masked included. Written by the
  // handler only, as the two that follow.
  Counter ticks_seen;
  // Ticks that the timer has delivered and that passed while the kernel kept
  // the OS thread off the CPU.
  Counter ticks_stolen;
  // The CLOCK_MONOTONIC time at which the clock begins by which tasks are
  // charged: the start, later by each stolen tick. Set before the first tick.
  SingleWriter<int64_t> clock_begin_ns;
  // Set by the handler when the wake-up timer went off; cleared outside.
  volatile bool wakeup_due = false;
  // Set by the handler for either, cleared outside before it looks at them:
  // after a switch it tells what a need_resched of the other task stood for.
  volatile bool noted = false;
  volatile MaskState masked = kMaskRight;
  // The signal mask and the alternate stack of tasks that have set none of
  // their own: what the OS thread had when it became a CPU. The tick signal is
  // not in the mask. That stack is there for faults; all such tasks share it,
  // so nobody may switch while on it.
  uint64_t plain_mask = 0;
  stack_t plain_alternate_stack = {};

  // Of the tick that is waiting; reset at each rescheduling.
  Deferral deferral;
  // Where the handler found the current task, told right before `reschedule`,
  // which resets it.
  Interrupted interrupted;
  // Where a task with a guard of its own was last seen at a system call, and
  // how often in a row.
  uintptr_t parked_pc = 0;
  uintptr_t parked_sp = 0;
  uint32_t parked_times = 0;
  // Ticks that came while preemption was off.
  Counter guarded_ticks;
  // Times that a tick was put off by the PC or SP it found.
  Counter deferred_ticks;

  // Whether tasks here share the thread block of the OS thread: then only the
  // program's own text is preempted.
  bool shared_tls = false;
  int signal = 0;
  CpuTimers timers;
  StealMeter steal_meter;
  HandlersRun handlers_run;

  // Returns all ticks that the timer has delivered.
  uint64_t ticks_delivered() const { return ticks_seen + ticks_stolen; }
};

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_CPU_H_
