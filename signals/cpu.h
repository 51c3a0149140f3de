// The state that the interrupt handler and the scheduler share about a CPU.
//
// One OS thread serves as one CPU. The handler runs on that thread only (its
// timers are aimed at it) and never nests. So each field has one writer in the
// handler and one outside, and volatile is enough. A field that other threads
// may read is a Counter.
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

// The origin of a reschedule request.
enum class RescheduleFrom {
  kGuard,    // PreemptEnable, as a cooperative switch.
  kHandler,  // The interrupt handler, with the tick signal masked.
};

// Whose signal mask is set in the kernel.
enum MaskState : uint8_t {
  // The mask of the running task.
  kMaskRight = 0,
  // Maybe the mask of a handler or of another task. A task that resumes sets
  // its own mask, unless it resumes in the tick's handler, which sets it on
  // return.
  kMaskOther,
  // As kMaskOther, and the tick's handler is about to switch: the mask and the
  // alternate stack of the interrupted task are in its signal frame.
  kMaskOtherInHandler,
};

// Counts the runs of the program's handlers on an OS thread for signals that
// were sent to the process (runtime/interpose/cut_short.h). Those handlers
// write it.
struct HandlersRun {
  volatile uint64_t count = 0;
  // For each signal except 0: `count` right after its handler last ran.
  volatile uint64_t last[_NSIG] = {};
};

struct Cpu {
  // The one call into the scheduler: charges the ticks that passed, wakes
  // sleepers that are due and switches if the policy wants it. Called in the
  // context of the current task with preempt_count 1. With kHandler it runs
  // inside the signal handler.
  void (*reschedule)(Cpu* cpu, RescheduleFrom from) = nullptr;

  // If set: called when a tick finds preemption off, after the tick was
  // counted. `may_report` says whether it may call libc functions. Context:
  // handler.
  void (*guarded_tick)(Cpu* cpu, bool may_report) = nullptr;

  // If set: called for a signal that none of our timers sent. Returns whether
  // the signal was meant for the runtime. Also called with a null `info` at a
  // tick if `requested` is set. Context: handler.
  bool (*foreign_signal)(Cpu* cpu, const siginfo_t* info) = nullptr;

  // If set: called when one of our signals finds the current task right after a
  // system call in libc, which the signal may have interrupted. Context:
  // handler.
  void (*call_ended)() = nullptr;

  // Set by other OS threads: their signal may be lost while a tick is pending,
  // so the tick serves the request too.
  volatile bool requested = false;

  // Ticks delivered by the timer that must be charged to a task, including
  // those that expired while the signal was masked. Only the handler writes
  // this field and the next two.
  Counter ticks_seen;
  // Ticks delivered by the timer that passed while the kernel kept the OS
  // thread off the CPU.
  Counter ticks_stolen;
  // Origin, in CLOCK_MONOTONIC, of the clock that tasks are charged by: the
  // start time plus all stolen ticks. Set before the first tick.
  SingleWriter<int64_t> clock_begin_ns;
  // Set by the handler when the wake-up timer expires; cleared outside.
  volatile bool wakeup_due = false;
  // Set by the handler for a tick or a wake-up; cleared outside before these
  // are processed. If a tick lands mid-switch, need_resched is set in the
  // outgoing task; `noted` tells the incoming one.
  volatile bool noted = false;
  volatile MaskState masked = kMaskRight;
  // The signal mask and the alternate stack of tasks that have set none of
  // their own: those of the OS thread when it became a CPU. The mask does not
  // block the tick signal. The stack is for faults; all such tasks share it, so
  // no task may switch while on it.
  uint64_t plain_mask = 0;
  stack_t plain_alternate_stack = {};

  // State of the deferred tick; reset at each rescheduling.
  Deferral deferral;
  // Where the handler interrupted the current task. Set right before the call
  // of `reschedule`, which resets it.
  Interrupted interrupted;
  // PC and SP at which ticks last found a task at a system call, and how many
  // ticks in a row did.
  uintptr_t parked_pc = 0;
  uintptr_t parked_sp = 0;
  uint32_t parked_times = 0;
  // Ticks that came while preemption was off.
  Counter guarded_ticks;
  // Times that a tick was deferred because of the PC or SP.
  Counter deferred_ticks;

  // Whether tasks share the OS thread's thread block. If so, they are preempted
  // only in the program's own text.
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
