// What all threads of a run do, written on demand: Runtime::Dump and
// RuntimeOptions::dump_signal.
//
// The threads are looked at by their own OS thread, in a signal handler or in a
// call, with all signals blocked. So nothing runs meanwhile. What the signal
// interrupted may have been the scheduler itself, in the middle of a switch:
// which thread is on the CPU is told by the stack pointer, and the list of
// threads can be followed at any time, since their memory stays.
//
// It runs on a stack of its own, so that a thread needs no room for it, and
// under a guard that catches faults: stacks may be corrupt.
#ifndef JIFFY_RUNTIME_DEBUG_DUMP_H_
#define JIFFY_RUNTIME_DEBUG_DUMP_H_

#include <signal.h>

#include <cstddef>

#include "absl/status/status.h"
#include "runtime/core/task.h"
#include "signals/cpu.h"

namespace jiffy::internal {

// As Runtime::Dump.
bool Dump(int fd);

// Dumps if the signal is the request of another OS thread. Returns whether it
// is one. For Cpu::foreign_signal.
bool DumpIfAsked(signals::Cpu* cpu, const siginfo_t* info);

// Has the signal dump to standard error, process-wide, instead of what the
// program had it do. One installation at a time. Removing it puts the program's
// action back, unless the program has installed another since. Context: OS
// thread, as the run begins and ends.
absl::Status InstallDumpHandler(int signal);
void RemoveDumpHandler();
// The handler.
void HandleDumpSignal(int signal);

// Waits until no other OS thread is about to signal the run's, whose
// live_machine is nullptr by now. Context: the run's OS thread.
void FinishDumps();

// Forgets dumps that threads were at which a fork left behind. Context: the
// child.
void ForgetDumpsAfterFork();

// Returns how many bytes of the task's stack were ever used, by it or, unless
// RuntimeOptions::measure_stacks is set, by those that had the stack before it.
// Touches no page that was not. Context: the worker.
size_t StackUsed(const Task& task);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_DUMP_H_
