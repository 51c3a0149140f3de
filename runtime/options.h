// Options of a run and of a thread.
#ifndef JIFFY_RUNTIME_OPTIONS_H_
#define JIFFY_RUNTIME_OPTIONS_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sched/entity.h"
#include "sched/registry.h"

namespace jiffy {

// Limits of the options below.
inline constexpr absl::Duration kMinTimeSlice = absl::Microseconds(50);
inline constexpr absl::Duration kMaxTimeSlice = absl::Seconds(3600);
inline constexpr size_t kMinStackSize = size_t{16} << 10;
inline constexpr size_t kMaxStackSize = size_t{1} << 30;
inline constexpr size_t kDefaultStackSize = size_t{256} << 10;
inline constexpr size_t kMinGuardSize = size_t{4} << 10;
inline constexpr size_t kMaxGuardSize = size_t{64} << 20;
// 64 KiB, or 16 KiB where addresses have 32 bits.
inline constexpr size_t kDefaultGuardSize = size_t{sizeof(void*) == 8 ? 64 : 16}
                                            << 10;
inline constexpr size_t kMaxNameLength = 47;
inline constexpr size_t kMaxTraceCapacity = size_t{1} << 28;

// Enough for some ten seconds of 10,000 switches a second; 4 MiB.
inline constexpr size_t kDefaultTraceCapacity = size_t{1} << 18;

struct RuntimeOptions {
  // Name of the scheduling policy: "rr", "fifo", "random", "linux-0.01", or one
  // that sched::RegisterPolicy added.
  std::string scheduler = "rr";
  // The policy's parameters, by name.
  std::vector<std::pair<std::string, std::string>> scheduler_params = {};
  // If set, creates the policy, and `scheduler` is ignored.
  sched::PolicyFactory policy = nullptr;
  // Seed of policies that use random numbers.
  uint64_t seed = 1;

  // How long a thread runs before the next one's turn, if the policy has slices
  // and the thread sets no slice itself. 50 us to 1 hour.
  absl::Duration time_slice = absl::Milliseconds(10);
  // Period of the timer interrupt; by default the policy's own (Linux 0.01: 10
  // ms), else the time slice. A slice ends at a tick. 50 us to 1 hour.
  std::optional<absl::Duration> tick = std::nullopt;
  // Signal that serves as the timer interrupt: 1 to 31, or SIGRTMIN to
  // SIGRTMAX. Not allowed are those that cannot be handled (SIGKILL, SIGSTOP)
  // and those that report a fault (SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV,
  // SIGSYS).
  int signal = SIGALRM;
  // Whether the timer ticks, and ticks preempt. If false, threads switch only
  // where they call for it, and jiffies stand still.
  bool preempt = true;

  // Stack of a thread that sets no size itself, and of the function that Run
  // calls. Rounded up to a power of two; the thread_local objects and the guard
  // are added to that. Only touched pages cost memory. Each tick puts a kernel
  // signal frame on the stack, at most two at once: about 3 KB each on x86-64,
  // 5 KB on aarch64. 16 KiB to 1 GiB.
  size_t stack_size = kDefaultStackSize;
  size_t main_stack_size = size_t{8} << 20;
  // Size of the guard below each stack: memory that faults, so that a thread
  // that overflows its stack is stopped there, and named. A frame that is
  // larger than the guard and does not touch it passes it unnoticed and reaches
  // another thread's stack (docs/debugging.md). The guard costs address space
  // only. 4 KiB to 64 MiB, rounded up to a power of two, and to a page.
  size_t guard_size = kDefaultGuardSize;

  // Stack memory that no thread used for this long is returned to the kernel
  // during the run: within twice the time, or some seconds later if all threads
  // are always busy. All of it is returned when the run ends. 1 ms or more.
  absl::Duration trim_stacks_after = absl::Seconds(1);

  // Whether all threads share the OS thread's libc thread block even where each
  // could have its own (see Features). The standard library then takes all
  // green threads for one thread: a std::stop_callback, and a wait that a stop
  // request ends, may be destroyed while another green thread is still in its
  // call.
  bool shared_tls = false;

  // Whether libraries that are opened while threads run may have static TLS
  // (thread_local variables compiled with -ftls-model=initial-exec; few have).
  // Reserving the room costs each thread about 1.7 KB, and with that a second
  // page; without the room such a dlopen fails ("cannot allocate memory in
  // static TLS block"). Libraries opened before the first run need none. The
  // process's first run decides: if it is false there, true in a later run is
  // an error.
  bool late_static_tls = false;

  // The watchdog: names on standard error each thread that has kept preemption
  // off for longer than report_guard_after, or has waited for longer than
  // report_wait_after in anything but a sleep. Accurate to a tick; needs
  // `preempt`. 1 ms or more.
  absl::Duration report_guard_after = absl::InfiniteDuration();
  absl::Duration report_wait_after = absl::InfiniteDuration();

  // Signal that writes all threads to standard error, as Runtime::Dump does; it
  // replaces the program's own action. SIGQUIT (Ctrl-\) is the usual choice. 0
  // for none; else as `signal`, but a different one.
  int dump_signal = 0;

  // Whether to read the clock at each switch: gives exact CPU and waiting times
  // in ThreadStats, for about 25 ns a switch. If false, CPU time is counted in
  // ticks.
  bool measure_time = false;
  // Whether to measure, when a thread ends, how much of its stack it used, for
  // ThreadStats and RuntimeStats. When the run ends, also names on standard
  // error the thread that came close to the end of its stack, at 90 % or more.
  // Costs a few us when a thread ends; if false, nothing.
  bool measure_stacks = false;
  // File for a trace of the run that viewers show (docs/tracing.md): JSON for
  // https://ui.perfetto.dev, which appears when the run is over. If empty, the
  // environment variable JIFFY_TRACE names the file; there is no trace if that
  // is unset or empty, too.
  std::string trace_file = {};
  // Number of newest events to keep for the trace file and for
  // Runtime::TakeTrace: 16 bytes each, rounded up to a power of two, at most
  // 2^28. 0: none, or kDefaultTraceCapacity with a trace file. A switch, a
  // wake-up, a spawn, and the begin and the end of a TraceScope are one event
  // each.
  size_t trace_capacity = 0;
};

struct ThreadOptions {
  // Shown in reports; 47 bytes at most. By default "thread-N".
  std::string name = {};
  // For policies that use it: -20 (most CPU) to 19 (least).
  int nice = 0;
  // For policies that have priorities, in the policy's own unit; 0 is its
  // default.
  int priority = 0;
  // For policies that have classes (sched::Scheduler::HasClass). A real-time
  // thread's `priority` is 1 to 99.
  sched::SchedClass sched_class = sched::SchedClass::kNormal;
  // For earliest deadline first: each job must end within `deadline` (by
  // default `period`) of the wake-up that began it, and takes `runtime` of CPU
  // time. Zero: not declared; at most 1 hour. See sched::TaskParams.
  absl::Duration deadline = absl::ZeroDuration();
  absl::Duration period = absl::ZeroDuration();
  absl::Duration runtime = absl::ZeroDuration();
  // By default the run's. 50 us to 1 hour; a slice shorter than the tick
  // shortens the tick.
  std::optional<absl::Duration> time_slice = std::nullopt;
  // By default the run's. 16 KiB to 1 GiB, rounded up to a power of two.
  std::optional<size_t> stack_size = std::nullopt;
  // Whether ticks preempt this thread.
  bool preemptible = true;
  // Whether the thread takes the CPU from its parent when it is spawned; the
  // parent continues when the child blocks or ends. A stack and its caches are
  // then reused at once. (Linux 2.6.23 to 6.5 had such a switch,
  // sched_child_runs_first.) The policy decides: "rr" and "fifo" do so, others
  // queue the child as usual.
  bool child_runs_first = false;
};

// Checks everything that can be checked without a run. Errors: InvalidArgument
// names the option, its value and what is allowed.
absl::Status Validate(const RuntimeOptions& options);
absl::Status Validate(const ThreadOptions& options);

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_OPTIONS_H_
