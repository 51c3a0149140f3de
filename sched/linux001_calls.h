// The calls that a task makes under the Linux 0.01 scheduler.
//
//   linux001::WaitQueue disk;
//
//   void Reader() {
//     linux001::Nice(-5);           // 20 ticks a slice from the next recharge
//     linux001::SleepOn(disk);      // until somebody calls WakeUp(disk)
//   }
//
// Four are 0.01's system calls, the others functions of its kernel. Each acts
// on the calling task and runs, like the original, with preemption off: that is
// this kernel's "kernel mode".
//
// Under another policy, or outside any task, a system call fails like one that
// the kernel does not have: it returns -1 and sets errno to ENOSYS. The
// functions that sleep and wake have no result to fail with, and to go on as if
// they had slept would break whoever relies on them: they print what is wrong
// and abort, as the original panics.
//
// Context, unless said otherwise: green thread or simulated task, under the
// policy "linux-0.01". Not signal handlers.
#ifndef JIFFY_SCHED_LINUX001_CALLS_H_
#define JIFFY_SCHED_LINUX001_CALLS_H_

#include <cstdint>

#include "sched/entity.h"

namespace jiffy::sched::linux001 {

// Takes `increment` from the task's priority, the ticks it gets at a recharge
// (15 at first); does nothing if that would leave no ticks. The slice under way
// does not change. Returns 0.
// Switches: no.
int Nice(int increment);

// Sends the task SIGALRM once `seconds` seconds have passed; 0 or less cancels
// the alarm. Returns its own argument, as 0.01 does (not, as POSIX has it, the
// time that was left).
//
// The alarm is noticed at least a tick late, and only when some task blocks,
// yields, exits or uses up its slice. A task that is not asleep gets the signal
// when it next comes to the CPU; its handler does nothing.
// Switches: no.
int Alarm(int seconds);

// Sleeps until SIGALRM comes. Returns 0. An alarm that was noticed before the
// call does not count: the task that sets one and pauses too late sleeps on.
// Switches: yes.
int Pause();

// The sleepers of one event: a kernel variable of type task_struct*. It holds
// only the latest; that one remembers, on its own stack, who came before it.
//
// Starts out empty. Belongs to the tasks of one CPU: Linux 0.01 knew no other,
// and with several workers a queue shared between them is a data race.
struct WaitQueue {
  Entity* head = nullptr;
};

// Sleeps until woken by WakeUp, deaf to signals. On waking, makes the sleeper
// runnable that came before it: so all sleepers wake, the latest first, each
// when the one before it gets the CPU.
// Switches: yes.
void SleepOn(WaitQueue& queue);

// The same, but SIGALRM ends the sleep too. A sleeper that wakes while a later
// one heads the queue wakes that one and sleeps again: so the order of waking
// stays the latest first. With a signal pending it does not really sleep, but
// spins (in kernel mode, its ticks running out) until the later one had the
// CPU. Switches: yes.
//
// Deviates: a head that has exited counts as none. The original would write to
// its freed page and sleep again, for ever.
void InterruptibleSleepOn(WaitQueue& queue);

// Makes the head of the queue runnable and the queue empty. Never preempts: the
// woken task runs once the current one's slice ends or it blocks.
// Switches: no.
// Context: also while no task is current (an interrupt in a simulation).
void WakeUp(WaitQueue& queue);

// Returns the ticks since start, under any policy; 0 outside any host.
// Switches: no.
uint64_t Jiffies();

}  // namespace jiffy::sched::linux001

#endif  // JIFFY_SCHED_LINUX001_CALLS_H_
