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

#include "signals/preempt.h"
#include "signals/single_writer.h"
#include "signals/tick.h"

namespace jiffy::signals {

// Who asks for a rescheduling.
enum class RescheduleFrom {
  kGuard,    // PreemptEnable, as a cooperative switch.
  kHandler,  // The interrupt handler, with the tick signal masked.
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
  // Set by other OS threads: a signal of theirs may be lost while a tick is
  // pending, so the tick stands for it.
  volatile bool requested = false;

  // Ticks that the timer has delivered, those that expired while the signal was
  // masked included. Written by the handler only.
  Counter ticks_seen;
  // Set by the handler when the wake-up timer went off; cleared outside.
  volatile bool wakeup_due = false;
  // Set by the handler for either, cleared outside before it looks at them:
  // after a switch it tells what a need_resched of the other task stood for.
  volatile bool noted = false;
  // Whether the tick signal is masked because a handler switched away: the next
  // task that is not itself in a handler owes an unmask.
  volatile bool masked = false;

  // Deferrals of the tick that is waiting, reset at each rescheduling.
  uint32_t deferrals = 0;
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
};

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_CPU_H_
