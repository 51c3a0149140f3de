// Writes the state of all threads of a run on request: Runtime::Dump and
// RuntimeOptions::dump_signal.
//
// The threads' own OS thread reads them, in a signal handler or in a call, with
// all signals blocked. So nothing runs meanwhile. The signal may have
// interrupted the scheduler itself in the middle of a switch. So the stack
// pointer tells which thread is on the CPU, and the list of threads can be
// followed at any time, since their memory stays.
//
// The dump runs on its own stack, so that a thread needs no room for it, and
// under a guard that catches faults, since stacks may be corrupt.
#ifndef JIFFY_RUNTIME_DEBUG_DUMP_H_
#define JIFFY_RUNTIME_DEBUG_DUMP_H_

#include <signal.h>

#include <cstddef>

#include "absl/status/status.h"
#include "runtime/core/task.h"
#include "signals/cpu.h"

namespace jiffy::internal {

// Does the work of Runtime::Dump.
bool Dump(int fd);

// Dumps if the signal is a request of another OS thread. Returns whether it is
// one. For Cpu::foreign_signal.
bool DumpIfAsked(signals::Cpu* cpu, const siginfo_t* info);

// Makes the signal dump to standard error, process-wide, instead of the
// program's action. One installation at a time. RemoveDumpHandler restores the
// program's action, unless the program has installed another since. Context: OS
// thread, as the run begins and ends.
absl::Status InstallDumpHandler(int signal);
void RemoveDumpHandler();
// The handler.
void HandleDumpSignal(int signal);

// Waits until no other OS thread is about to signal the run's OS thread.
// live_machine is already nullptr. Context: the run's OS thread.
void FinishDumps();

// Forgets the dumps of threads that a fork left behind. Context: the child.
void ForgetDumpsAfterFork();

// Returns how many bytes of the task's stack were ever used, by it or, unless
// RuntimeOptions::measure_stacks is set, by earlier threads on the stack.
// Touches no page that was not touched before. Context: the worker.
size_t StackUsed(const Task& task);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_DUMP_H_
