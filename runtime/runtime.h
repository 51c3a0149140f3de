// A run: the calling OS thread becomes a CPU that schedules green threads.
//
//   absl::Status status = jiffy::Run({.scheduler = "linux-0.01"}, [] {
//     jiffy::Thread hog({.name = "hog"}, Spin);
//     jiffy::Thread ticker({.name = "ticker"}, Tick);
//   });
//
// One run at a time in a process: the tick's signal handler and its signal are
// process-wide. Runs may follow each other.
#ifndef JIFFY_RUNTIME_RUNTIME_H_
#define JIFFY_RUNTIME_RUNTIME_H_

#include <unistd.h>

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/options.h"
#include "runtime/stats.h"

namespace jiffy {

// What this machine, kernel and libc let a runtime do.
struct Features {
  // Each green thread owns its libc thread block, and may be preempted at any
  // instruction. Without, all share the OS thread's: preempted then only in
  // the program's own code, and thread_local objects are shared.
  bool own_tls = false;
  // Why not; empty if they do.
  std::string shared_tls_reason;
};

// One runtime: its options, and what was counted of its last run.
class Runtime {
 public:
  // Checks the options and looks up what the machine can do. Prints a line to
  // standard error if threads must share TLS though the options do not ask for
  // it. Errors: InvalidArgument names the option, its value and what is
  // allowed; NotFound lists the schedulers.
  // Context: OS thread.
  static absl::StatusOr<Runtime> Create(RuntimeOptions options);

  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;
  ~Runtime();

  // Runs `fn` as a green thread named "main", and returns when it and every
  // thread spawned meanwhile have ended, detached ones too. Rethrows the
  // exception that left `fn`. May be called again.
  // Context: OS thread that is in no run. Errors: FailedPrecondition if a run
  // is under way in this process, or if all threads wait for each other: the
  // message tells who waits for whom, and those threads are given up, their
  // stacks never unwound; what open(2) says if the trace file cannot be written
  // to, before `fn` is called, and what write(2) says after it; what
  // timer_create(2) and timer_settime(2) say if the kernel refuses the tick,
  // before `fn` is called. Aborts with a message if it refuses that later, as
  // when a seccomp filter is installed in mid-run. In the child of a fork by a
  // green thread it returns as well, when that thread has ended; Aborted if
  // `fn` did not end in that process.
  absl::Status Run(absl::FunctionRef<void()> fn);

  // Writes what each thread of the run under way does to `fd`: its name, state,
  // CPU time, what it waits for, how much of its stack was used, its backtrace,
  // also of threads that were preempted. Nothing runs meanwhile; 10,000 threads
  // take a fraction of a second. Never follows a corrupt stack out of its
  // bounds. Returns whether there was a run that could tell: not if its OS
  // thread took no signal for 10 seconds.
  // Context: anywhere, other OS threads and signal handlers included. Switches:
  // no.
  static bool Dump(int fd = STDERR_FILENO);

  const Features& features() const;

  // What was counted of the last run, or of the one under way. Context: any OS
  // thread, at any time while this object is there; a green thread.
  RuntimeStats Stats() const;
  // Takes the switches that were remembered of the last run.
  SwitchTrace TakeTrace();

 private:
  class Impl;
  explicit Runtime(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// What was counted so far of the run under way in this process; all zero if
// there is none. Context: any OS thread, at any time; a green thread.
// PrometheusText (prometheus.h) makes a text of it.
RuntimeStats CurrentStats();

// Creates a runtime and runs `fn` in it. Errors: as Create and Runtime::Run.
absl::Status Run(const RuntimeOptions& options, absl::FunctionRef<void()> fn);

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_RUNTIME_H_
