#include "runtime/debug/dump.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "arch/context.h"
#include "runtime/core/completion.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/machine.h"
#include "runtime/core/task.h"
#include "runtime/core/unstarted.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "runtime/debug/backtrace.h"
#include "runtime/debug/holder.h"
#include "runtime/debug/wait_name.h"
#include "signals/fault.h"
#include "signals/preempt.h"
#include "signals/race.h"
#include "signals/sanitizer.h"
#include "signals/signal_mask.h"
#include "signals/text_buffer.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

// --------------------------------------------------------------- a thread

void WriteTime(DumpWriter& out, int64_t ns) {
  if (ns >= 10 * signals::kNsPerSecond) {
    out << ns / signals::kNsPerSecond << "s";
  } else if (ns >= 10 * signals::kNsPerMs) {
    out << ns / signals::kNsPerMs << "ms";
  } else {
    out << ns / signals::kNsPerUs << "us";
  }
}

void WriteWho(DumpWriter& out, const Completion& completion) {
  if (completion.name[0] != '\0') {
    out << "'" << completion.name;
  } else {
    out << "'thread-" << completion.id;
  }
  out << "' (#" << completion.id << ")";
}

void WriteHolder(DumpWriter& out, const Holder& holder) {
  switch (holder.kind) {
    case Holder::Kind::kUnknown:
      break;
    case Holder::Kind::kThread:
      out << ", held by ";
      WriteWho(out, *holder.thread->completion);
      break;
    case Holder::Kind::kOsThread:
      out << ", held by an OS thread";
      break;
    case Holder::Kind::kEnded:
      out << ", held by a thread that has ended";
      break;
  }
}

void WriteWait(DumpWriter& out, const Task& task, const Worker& worker) {
  switch (task.wait_kind) {
    case WaitKind::kJoin:
      out << "waits for ";
      WriteWho(out, *static_cast<const Completion*>(task.wait_object));
      out << " to end";
      break;
    case WaitKind::kPolicy:
      out << "sleeps in a call of the scheduler";
      break;
    case WaitKind::kSleep:
      out << "sleeps";
      break;
    case WaitKind::kPark:
      out << "is parked, for another thread to wake";
      break;
    default:
      out << "waits for " << WaitObjectName(task.wait_kind) << " at "
          << signals::Hex{reinterpret_cast<uintptr_t>(task.wait_object)};
      WriteHolder(out, HolderOf(task, worker));
  }
  out << ", since ";
  WriteTime(out, static_cast<int64_t>(worker.OwnJiffies() - task.wait_since) *
                     worker.TickNs());
}

// The arguments of the guarded steps that write a thread.
struct Step {
  DumpWriter& out;
  const Worker& worker;
  const Task& task;
  bool runs;
};

void WriteState(void* argument) {
  auto& [out, worker, task, runs] = *static_cast<Step*>(argument);
  WriteWho(out, *task.completion);
  out << " ";
  if (runs) {
    out << "runs";
  } else if (task.context.entry != nullptr) {
    out << "has not started";
  } else if (task.state == TaskState::kBlocked) {
    WriteWait(out, task, worker);
  } else {
    out << "is ready to run";
  }
  out << "; ";
  WriteTime(out, worker.CpuNs(task));
  out << " of CPU; ";
  char policy[96] = {};
  worker.policy().Describe(task, policy, sizeof policy);
  if (policy[0] != '\0') out << policy << "; ";
  out << (StackUsed(task) >> 10) << " of "
      << ((task.stack_high - task.stack_low) >> 10) << " KiB of stack\n";
}

void WriteThread(Step& step, const void* sp) {
  if (!signals::CallGuarded(&WriteState, &step)) {
    step.out << " (its control block is corrupt)\n";
  }
  if (!step.runs && step.task.context.entry != nullptr) return;
  Backtrace trace;
  trace.low = step.task.stack_low;
  trace.high = step.task.stack_high;
  trace.sp = sp;
  if (!signals::CallGuarded(&Unwind, &trace)) trace.corrupt = true;
  WriteFrames(step.out, trace);
}

// The threads without a stack yet, the longest waiting first.
struct Queue {
  DumpWriter& out;
  const Worker& worker;
};

void WriteUnstarted(void* argument) {
  auto& [out, worker] = *static_cast<Queue*>(argument);
  uint64_t left = worker.unstarted();
  uint64_t looked_at = worker.machine().live;
  if (left == 0) return;
  for (sched::Entity* at = worker.queue()->front();
       at != nullptr && left != 0 && looked_at != 0;
       at = at->next, --looked_at) {
    if (!IsUnstarted(*at)) continue;
    WriteWho(out, *Completion::Of(UnstartedOf(at)));
    out << " has not started; 0us of CPU; no stack yet\n";
    --left;
  }
}

// ------------------------------------------------------------------ a dump

// The dump under way.
std::atomic<bool> dumping = false;
struct Request {
  Worker* worker = nullptr;
  int fd = -1;
  // Where the dump was called; sp is nullptr if that was not on a thread's
  // stack.
  arch::Context caller = {};
};
Request request;

constexpr size_t kStackSize = size_t{64} << 10;
alignas(64) char dump_stack[kStackSize];

void WriteAll() noexcept {
  Worker& worker = *request.worker;
  const auto caller_sp = reinterpret_cast<uintptr_t>(request.caller.sp);
  const Task* current = request.caller.sp == nullptr
                            ? TaskOf(static_cast<signals::TaskHead*>(
                                  signals::task_frame.head.current))
                            : nullptr;
  DumpWriter out(request.fd);
  out << "jiffy: " << uint64_t{worker.machine().live} << " threads, scheduler ";
  const std::string_view scheduler = worker.policy().name();
  out << scheduler << ", " << worker.Jiffies() << " ticks of ";
  WriteTime(out, worker.TickNs());
  out << "\n";
  // The ids noted before a fault stay.
  signals::CallGuarded(&NoteLibcIds, &worker);
  uint64_t left = worker.machine().live + 1;
  for (const Task* task = worker.machine().all_tasks;
       task != nullptr && left != 0; task = task->all_next, --left) {
    const bool runs = task == current || (caller_sp >= task->stack_low &&
                                          caller_sp < task->stack_high);
    Step step = {out, worker, *task, runs};
    WriteThread(step, runs ? request.caller.sp : task->context.sp);
  }
  Queue queue = {out, worker};
  if (!signals::CallGuarded(&WriteUnstarted, &queue)) {
    out << "(the queue is corrupt)\n";
  }
}

arch::Context* DumpMain(arch::Context*) {
  WriteAll();
  return &request.caller;
}

// Dumps on this OS thread, which is the worker's.
void DumpHere(Worker& worker, int fd) {
  // No tick may act on the dump's stack. The count also keeps the tick's signal
  // blocked: absl::Symbolize saves and restores the mask by pthread_sigmask,
  // which unblocks that signal if a green thread calls it with preemption on
  // (own_signals.cc). Uses no guard: its end might switch, and the caller may
  // be a handler that interrupted anything.
  signals::TaskHead& head = signals::task_frame.head;
  head.preempt_count = head.preempt_count + 1;
  // Faults of the dump must reach their handler.
  const uint64_t old =
      signals::ChangeKernelMask(SIG_SETMASK, ~signals::kFaultSignals);
  if (!dumping.exchange(true, std::memory_order_acquire)) {
    request = {.worker = &worker, .fd = fd};
    stack_t alternate = {};
    signals::KernelAlternateStack(nullptr, &alternate);
    if ((alternate.ss_flags & SS_ONSTACK) != 0) {
      // If the dump left the alternate stack, the handler of its fault would
      // start at that stack's beginning again.
      WriteAll();
    } else {
      arch::Context context = {};
      arch::InitContext(context, dump_stack + kStackSize, arch::ThreadPointer(),
                        &DumpMain);
      arch::jiffy_switch_shared(&request.caller, &context);
    }
    dumping.store(false, std::memory_order_release);
  }
  head.preempt_count = head.preempt_count - 1;
  // Restores the mask last, so that a tick which comes now need not wait for
  // the next.
  signals::ChangeKernelMask(SIG_SETMASK, old);
}

// ------------------------------------------------ asked by other OS threads

// Number of OS threads that read live_machine or signal its OS thread.
std::atomic<uint32_t> askers = 0;
// Whether one of them waits for an answer.
std::atomic<bool> asking = false;
// 1 + the descriptor for the dump, until the worker takes it.
std::atomic<int> asked = 0;
std::atomic<uint32_t> answers = 0;

// Sends the tick's signal, marked as a request.
void SendRequest(Worker& worker) {
  worker.requested = true;
  siginfo_t info = {};
  info.si_signo = worker.signal;
  info.si_code = SI_QUEUE;
  info.si_pid = getpid();
  info.si_value.sival_ptr = &asked;
  syscall(SYS_rt_tgsigqueueinfo, getpid(), worker.os_thread(), worker.signal,
          &info);
}

// Asks the worker's OS thread for a dump, and waits for it. Sends the signal
// repeatedly: one that comes while a tick is pending is lost.
bool Ask(Worker& worker, int fd) {
  constexpr timespec kAgain = {.tv_sec = 0, .tv_nsec = 2'000'000};
  const int64_t give_up = signals::MonotonicNs() + 10 * signals::kNsPerSecond;
  while (asking.exchange(true)) {
    nanosleep(&kAgain, nullptr);
    if (signals::MonotonicNs() > give_up) return false;
  }
  const uint32_t seen = answers;
  signals::Released(&asked);
  asked = fd + 1;
  bool answered = false;
  while (!answered) {
    if (asked != 0) SendRequest(worker);
    syscall(SYS_futex, &answers, FUTEX_WAIT_PRIVATE, seen, &kAgain);
    answered = answers != seen;
    // Once the dump is under way, it will finish.
    if (!answered && signals::MonotonicNs() > give_up &&
        asked.exchange(0) != 0) {
      break;
    }
  }
  signals::Acquired(&answers);
  asking = false;
  return answered;
}

}  // namespace

bool DumpIfAsked(signals::Cpu* cpu, const siginfo_t* info) {
  if (info != nullptr &&
      (info->si_code != SI_QUEUE || info->si_value.sival_ptr != &asked)) {
    return false;
  }
  // A request that was sent twice is answered once.
  const int fd = asked.exchange(0) - 1;
  if (fd < 0) return true;
  signals::Acquired(&asked);
  DumpHere(static_cast<Worker&>(*cpu), fd);
  signals::Released(&answers);
  answers.fetch_add(1);
  syscall(SYS_futex, &answers, FUTEX_WAKE_PRIVATE, INT32_MAX);
  return true;
}

bool Dump(int fd) {
  const int saved_errno = errno;
  bool done = false;
  if (Worker* here = CurrentWorker(); here != nullptr) {
    DumpHere(*here, fd);
    done = true;
  } else {
    askers.fetch_add(1);
    if (Machine* machine = live_machine; machine != nullptr) {
      done = Ask(*machine->worker, fd);
    }
    askers.fetch_sub(1);
  }
  errno = saved_errno;
  return done;
}

void HandleDumpSignal(int signal) {
  const int saved_errno = errno;
  if (Worker* here = CurrentWorker(); here != nullptr) {
    DumpHere(*here, STDERR_FILENO);
  } else {
    askers.fetch_add(1);
    if (Machine* machine = live_machine; machine != nullptr) {
      syscall(SYS_tgkill, getpid(), machine->worker->os_thread(), signal);
    }
    askers.fetch_sub(1);
  }
  errno = saved_errno;
}

void FinishDumps() {
  // Leaving the system call delivers pending signals.
  do {
    syscall(SYS_sched_yield);
  } while (askers != 0);
  syscall(SYS_sched_yield);
}

void ForgetDumpsAfterFork() {
  dumping = false;
  askers = 0;
  asking = false;
  asked = 0;
}

JIFFY_READS_STACKS size_t StackUsed(const Task& task) {
  constexpr size_t kPages = 1024;
  const auto page = static_cast<uintptr_t>(getpagesize());
  unsigned char resident[kPages];
  // The page that the stack's top shares with other things counts as used.
  for (uintptr_t at = task.stack_low; at < task.stack_high;
       at += kPages * page) {
    const size_t bytes = std::min(task.stack_high - at, kPages * page);
    if (syscall(SYS_mincore, at, bytes, resident) != 0) return 0;
    for (uintptr_t here = at; here < at + bytes; here += page) {
      if ((resident[(here - at) / page] & 1) == 0) continue;
      const auto* word = reinterpret_cast<const uintptr_t*>(here);
      const auto* end = reinterpret_cast<const uintptr_t*>(
          std::min(here + page, task.stack_high));
      while (word < end && *word == 0) ++word;
      if (word < end) {
        return task.stack_high - reinterpret_cast<uintptr_t>(word);
      }
    }
  }
  return 0;
}

}  // namespace jiffy::internal
