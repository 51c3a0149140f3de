// The calls for tasks under the Linux 0.01 scheduler.
//
//   linux001::WaitQueue disk;
//
//   void Reader() {
//     linux001::Nice(-5);           // 20 ticks a slice from the next recharge
//     linux001::SleepOn(disk);      // until somebody calls WakeUp(disk)
//   }
//
// Nice, Alarm and Pause are system calls of 0.01, the others functions of its
// kernel. Each acts on the calling task and runs, like the original, with
// preemption off, in this kernel's "kernel mode".
//
// Under another policy, or outside any task, a system call fails like one that
// the kernel does not have: it returns -1 and sets errno to ENOSYS. The
// functions that sleep and wake have no result to report an error, and
// returning without a sleep would break callers: they print the error and
// abort, as the original panics.
//
// Context, unless said otherwise: green thread or simulated task, under the
// policy "linux-0.01". Not signal handlers.
#ifndef JIFFY_SCHED_LINUX001_CALLS_H_
#define JIFFY_SCHED_LINUX001_CALLS_H_

#include <cstdint>

#include "sched/entity.h"

namespace jiffy::sched::linux001 {

// Subtracts `increment` from the task's priority, the ticks it gets at a
// recharge (15 at first); does nothing if no ticks would be left. The current
// slice does not change. Returns 0.
// Switches: no.
int Nice(int increment);

// Sends the task SIGALRM once `seconds` seconds have passed; 0 or less cancels
// the alarm. Returns its argument, as 0.01 does (POSIX: the time that was
// left).
//
// The alarm is noticed at least a tick late, and only when some task blocks,
// yields, exits or uses up its slice. A task that is not asleep gets the signal
// when it next gets the CPU; its handler does nothing.
// Switches: no.
int Alarm(int seconds);

// Sleeps until SIGALRM comes. Returns 0. An alarm that was noticed before the
// call does not count: a task that sets an alarm and pauses too late keeps
// sleeping.
// Switches: yes.
int Pause();

// The sleepers of one event: a kernel variable of type task_struct*. It holds
// only the latest sleeper, whose stack holds the previous one.
//
// Starts empty. Only tasks of one CPU may use it, since Linux 0.01 supported
// one CPU: a queue shared between several workers is a data race.
struct WaitQueue {
  Entity* head = nullptr;
};

// Sleeps until woken by WakeUp; ignores signals. On waking, makes the previous
// sleeper runnable. So all sleepers wake, the latest first, each one when the
// one woken before it gets the CPU.
// Switches: yes.
void SleepOn(WaitQueue& queue);

// Like SleepOn, but SIGALRM ends the sleep too. A sleeper that wakes while a
// later one heads the queue wakes the later one and sleeps again, so the latest
// still wakes first. With a signal pending it does not sleep but spins (in
// kernel mode, its ticks running out) until the later one has had the CPU.
// Switches: yes.
//
// Deviates: a head that has exited counts as no head. The original would write
// to its freed page and sleep again, for ever.
void InterruptibleSleepOn(WaitQueue& queue);

// Makes the head of the queue runnable and empties the queue. Never preempts:
// the woken task runs when the current one blocks or its slice ends.
// Switches: no. Context: also while no task is current (an interrupt in a
// simulation).
void WakeUp(WaitQueue& queue);

// Returns the ticks since start, under any policy; 0 without a host.
// Switches: no.
uint64_t Jiffies();

}  // namespace jiffy::sched::linux001

#endif  // JIFFY_SCHED_LINUX001_CALLS_H_
