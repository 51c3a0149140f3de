#include "runtime/thread.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "runtime/core/completion.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/deadline.h"
#include "runtime/core/machine.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "runtime/debug/dump.h"
#include "runtime/debug/report.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"

namespace jiffy {
namespace internal {
namespace {

// Errors for misuse. Separate functions: inlined, they would make the callers
// save registers in vain.
[[gnu::cold, gnu::noinline]] absl::Status OutsideOfARun() {
  return absl::FailedPreconditionError(
      "cannot spawn a thread outside of a run: call jiffy::Run, and spawn from "
      "the function that it runs");
}
[[gnu::cold, gnu::noinline]] absl::Status NothingToJoin() {
  return absl::FailedPreconditionError(
      "Join: no thread here: it was joined, detached or moved from, or never "
      "started");
}
[[gnu::cold, gnu::noinline]] absl::Status CannotJoin(
    const Completion& completion, const char* why) {
  return absl::FailedPreconditionError(
      absl::StrCat("Join: thread ", Described(completion), why));
}
[[gnu::cold, gnu::noinline]] absl::Status Abandoned(
    const Completion& completion) {
  if (completion.state == Completion::kLeftBehind) {
    return absl::AbortedError(absl::StrCat(
        "Join: thread ", Described(completion),
        " is not in this process, which is the child of another's fork"));
  }
  return absl::AbortedError(absl::StrCat("Join: the run ended before thread ",
                                         Described(completion), " did"));
}

}  // namespace

absl::StatusOr<Completion*> SpawnThread(const ThreadOptions& options,
                                        const ClosureOps& ops, void* source) {
  if (!InGreenThread()) return OutsideOfARun();
  Worker& worker = *CurrentWorker();
  return worker.Spawn(options, worker.default_stack(), ops, source);
}

std::stop_token CurrentStopToken() {
  if (!InGreenThread()) return {};
  return CurrentTask()->completion->stop.get_token();
}

void ThrowSpawnError(const absl::Status& status) {
  std::errc code = std::errc::resource_unavailable_try_again;
  if (absl::IsInvalidArgument(status)) code = std::errc::invalid_argument;
  if (absl::IsFailedPrecondition(status)) {
    code = std::errc::operation_not_permitted;
  }
  throw std::system_error(std::make_error_code(code),
                          std::string(status.message()));
}

namespace {

// Waits for the thread's end in a green thread. Returns false if another thread
// already joins it. (Returns no status: it would be allocated with preemption
// off.)
bool WaitGreen(Completion* completion) {
  signals::PreemptGuard guard;
  if (completion->done()) return true;
  if (completion->joiner != nullptr || completion->os_waiter.load() != 0) {
    return false;
  }
  completion->joiner = CurrentTask();
  while (!completion->done()) {
    ThisWorker().Park(WaitKind::kJoin, completion, kNoDeadline);
  }
  return true;
}

// Does the same in an OS thread.
bool WaitOs(Completion* completion) {
  if (completion->os_waiter.exchange(1) != 0 && !completion->done()) {
    return false;
  }
  // See completion.h: the wake-up may be missed, so check again.
  const timespec again = {.tv_sec = 0, .tv_nsec = 10'000'000};
  while (!completion->done()) {
    syscall(SYS_futex, &completion->state, FUTEX_WAIT_PRIVATE,
            Completion::kRunning, &again);
  }
  return true;
}

}  // namespace
}  // namespace internal

using internal::Completion;
using internal::Described;
using internal::FreeCompletion;

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    Thread ended(std::move(*this));
    completion_ = std::exchange(other.completion_, nullptr);
  }
  return *this;
}

Thread::~Thread() {
  if (completion_ == nullptr) return;
  RequestStop();
  if (Wait().ok()) {
    internal::ReportLostException(*completion_);
    FreeCompletion(completion_);
  } else if (completion_ != nullptr) {
    // The thread destroys its own handle, or another thread joins it: let go.
    Detach().IgnoreError();
  }
}

absl::Status Thread::Wait() {
  if (completion_ == nullptr) return internal::NothingToJoin();
  const bool green = internal::InGreenThread();
  if (green && internal::CurrentTask()->completion == completion_) {
    return internal::CannotJoin(*completion_, " cannot wait for its own end");
  }
  if (green ? !internal::WaitGreen(completion_)
            : !internal::WaitOs(completion_)) {
    return internal::CannotJoin(*completion_,
                                ": another thread joins it already");
  }
  signals::Acquired(completion_);
  if (completion_->given_up()) [[unlikely]] {
    absl::Status aborted = internal::Abandoned(*completion_);
    FreeCompletion(std::exchange(completion_, nullptr));
    return aborted;
  }
  return absl::OkStatus();
}

absl::Status Thread::Join() {
  if (absl::Status status = Wait(); !status.ok()) return status;
  Completion* ended = std::exchange(completion_, nullptr);
  std::exception_ptr exception = std::move(ended->exception);
  FreeCompletion(ended);
  if (exception != nullptr) std::rethrow_exception(std::move(exception));
  return absl::OkStatus();
}

absl::Status Thread::Detach() {
  if (completion_ == nullptr) {
    return absl::FailedPreconditionError(
        "Detach: no thread here: it was joined, detached or moved from, or "
        "never started");
  }
  {
    internal::MachineGuard guard;
    if (!completion_->done()) {
      if (!internal::InGreenThread()) {
        return absl::FailedPreconditionError(
            absl::StrCat("Detach: thread ", Described(*completion_),
                         " runs; only a green thread can detach it"));
      }
      completion_->orphaned = true;
      completion_ = nullptr;
      return absl::OkStatus();
    }
  }
  internal::ReportLostException(*completion_);
  FreeCompletion(std::exchange(completion_, nullptr));
  return absl::OkStatus();
}

bool Thread::RequestStop() {
  return completion_ != nullptr && completion_->stop.request_stop();
}

std::stop_source Thread::GetStopSource() const {
  if (completion_ == nullptr) return std::stop_source(std::nostopstate);
  return completion_->stop;
}

uint64_t Thread::Id() const {
  return completion_ == nullptr ? 0 : completion_->id;
}

ThreadStats Thread::Stats() const {
  ThreadStats stats;
  if (completion_ == nullptr) return stats;
  stats.id = completion_->id;
  stats.name = internal::NameOf(*completion_).text;
  internal::EndCounts now = {};
  {
    // The thread cannot end under this guard.
    internal::MachineGuard guard;
    stats.finished = completion_->done();
    if (completion_->state == Completion::kFinished) now = completion_->counts;
    if (const internal::Task* task = completion_->task;
        task != nullptr && internal::CurrentWorker() != nullptr) {
      static_cast<internal::Counts&>(now) = *task;
      now.voluntary_switches = task->voluntary_switches;
      now.cpu_ns = internal::CurrentWorker()->CpuNs(*task);
      if (internal::CurrentWorker()->measures_stacks()) {
        const signals::UncheckedAccess unchecked;
        now.stack_used = internal::StackUsed(*task);
        now.stack_size = task->stack_high - task->stack_low;
      }
    }
  }
  stats.ticks = now.ticks;
  stats.voluntary_switches = now.voluntary_switches;
  stats.preemptions = now.preemptions;
  stats.cpu_time = absl::Nanoseconds(now.cpu_ns);
  stats.longest_wait = absl::Nanoseconds(now.longest_wait_ns);
  stats.spawned = absl::Nanoseconds(now.spawned_ns);
  stats.stack_used = now.stack_used;
  stats.stack_size = now.stack_size;
  stats.ended = absl::Nanoseconds(now.ended_ns);
  return stats;
}

namespace this_thread {

void Yield() { internal::YieldCurrent(); }

void SleepFor(absl::Duration duration) {
  if (!internal::InGreenThread()) {
    absl::SleepFor(duration);
    return;
  }
  const int64_t due = internal::AtLatest(internal::DueAfter(duration));
  internal::SleepUntil(due);
}

uint64_t Id() {
  return internal::InGreenThread() ? internal::CurrentTask()->id : 0;
}

std::string Name() {
  if (!internal::InGreenThread()) return "";
  return internal::NameOf(*internal::CurrentTask()->completion).text;
}

std::stop_token StopToken() { return internal::CurrentStopToken(); }

}  // namespace this_thread
}  // namespace jiffy
