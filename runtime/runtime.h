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

// What the machine, the kernel and libc support.
struct Features {
  // Each green thread owns its libc thread block, and may be preempted at any
  // instruction. If false, all share the OS thread's block: they are preempted
  // only in the program's own code, and share thread_local objects.
  bool own_tls = false;
  // Why threads share TLS; empty if they do not.
  std::string shared_tls_reason;
};

// One runtime: its options, and the metrics of its last run.
class Runtime {
 public:
  // Checks the options and finds out what the machine supports. If threads must
  // share TLS though the options do not ask for it, prints a line to standard
  // error. Errors: InvalidArgument names the option, its value and what is
  // allowed; NotFound lists the schedulers.
  // Context: OS thread.
  static absl::StatusOr<Runtime> Create(RuntimeOptions options);

  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;
  ~Runtime();

  // Runs `fn` as a green thread named "main". Returns when `fn` and all threads
  // spawned meanwhile have ended, detached ones too. Rethrows the exception
  // that left `fn`. May be called again.
  // Context: OS thread that is in no run. Errors:
  // - FailedPrecondition if a run is under way in this process, or if all
  //   threads wait for each other: the message says who waits for whom; those
  //   threads are abandoned, and their stacks never unwound.
  // - The error of open(2), before `fn` is called, or of write(2), after it, if
  //   the trace file cannot be written.
  // - The error of timer_create(2) or timer_settime(2) if the kernel refuses
  //   the tick before `fn` is called. A later refusal, as when a seccomp filter
  //   is installed during the run, aborts with a message.
  // - Aborted in the child of a fork if `fn` did not end there: in the child of
  //   a fork by a green thread, Run returns when that thread has ended.
  absl::Status Run(absl::FunctionRef<void()> fn);

  // Writes what each thread of the current run does to `fd`: its name, state,
  // CPU time, what it waits for, how much of its stack was used, and its
  // backtrace, even if it was preempted. All threads stand still meanwhile;
  // 10,000 threads take a fraction of a second. Never follows a corrupt stack
  // out of its bounds. Returns false if there is no run, or if the run's OS
  // thread took no signal for 10 seconds.
  // Context: anywhere, including other OS threads and signal handlers.
  // Switches: no.
  static bool Dump(int fd = STDERR_FILENO);

  const Features& features() const;

  // Returns the metrics of the last run, or of the current one. Context: any OS
  // thread, at any time while this object exists; a green thread.
  RuntimeStats Stats() const;
  // Returns the recorded switches of the last run, and forgets them.
  SwitchTrace TakeTrace();

 private:
  class Impl;
  explicit Runtime(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// Returns the metrics so far of the current run in this process; all zero if
// there is none. Context: any OS thread, at any time; a green thread.
// PrometheusText (prometheus.h) turns them into text.
RuntimeStats CurrentStats();

// Creates a runtime and runs `fn` in it. Errors: as Create and Runtime::Run.
absl::Status Run(const RuntimeOptions& options, absl::FunctionRef<void()> fn);

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_RUNTIME_H_
