#include "tools/lab/live/live_threads.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runtime/jiffy.h"
#include "sched/sim/source.h"
#include "signals/preempt.h"
#include "signals/tick.h"

namespace jiffy::lab {

using sched::sim::TaskSpec;
using sched::sim::Waiter;
using sched::sim::Workload;
using signals::PreemptGuard;

namespace {

// Above this, nobody wants to wait for a tick before the run begins.
constexpr int64_t kLongTickNs = 50'000'000;

// Stacks of the workload's threads; only what they touch costs memory.
constexpr size_t kStackSize = size_t{64} << 10;

ThreadOptions OptionsOf(const TaskSpec& spec) {
  const sched::TaskParams params = ToTaskParams(spec.sched);
  ThreadOptions options;
  options.name = spec.name.substr(0, kMaxNameLength);
  std::replace(options.name.begin(), options.name.end(), '\0', '_');
  options.nice = params.nice;
  options.priority = params.priority;
  if (params.slice_ns > 0) {
    options.time_slice = absl::Nanoseconds(params.slice_ns);
  }
  options.stack_size = kStackSize;
  options.sched_class = params.sched_class;
  options.deadline = absl::Nanoseconds(params.deadline_ns);
  options.period = absl::Nanoseconds(params.period_ns);
  options.runtime = absl::Nanoseconds(params.runtime_ns);
  return options;
}

}  // namespace

LiveThreads::LiveThreads(const Workload& workload, WatchedPolicy& watch)
    : workload_(workload),
      watch_(watch),
      sync_(
          workload,
          {.wake =
               [](Waiter& waiter) { Wake(static_cast<LiveThread&>(waiter)); },
           .outranks =
               [this](const sched::TaskParams& a, const sched::TaskParams& b) {
                 return watch_.Outranks(a, b);
               },
           .apply =
               [](Waiter& waiter, const sched::TaskParams& params) {
                 static_cast<LiveThread&>(waiter).ref.SetParams(params);
               }}),
      timers_ns_(workload.timers.size(), -1),
      forks_(workload.tasks.size(), 0),
      controller_(ThreadRef::Current()) {}

LiveThreads::~LiveThreads() {
  // One by one: a chain of destructors could be as deep as it is long.
  while (first_ != nullptr) first_ = std::move(first_->next);
}

absl::Status LiveThreads::CreateAll() {
  spinner_.Calibrate();
  for (size_t i = 0; i < workload_.tasks.size(); ++i) {
    for (int n = 0; n < workload_.tasks[i].instances; ++n) {
      auto thread =
          std::make_unique<LiveThread>(workload_.tasks[i], static_cast<int>(i));
      if (absl::Status status = Spawn(std::move(thread)); !status.ok()) {
        return status;
      }
    }
  }
  // They run in turn, each to its gate.
  for (LiveThread* thread = first_.get(); thread != nullptr;
       thread = thread->next.get()) {
    while (!thread->at_gate) this_thread::Yield();
  }
  return absl::OkStatus();
}

absl::Status LiveThreads::Spawn(std::unique_ptr<LiveThread> made) {
  LiveThread* const thread = made.get();
  {
    PreemptGuard guard;
    thread->next = nullptr;
    *last_ = std::move(made);
    last_ = &thread->next;
  }
  absl::StatusOr<Thread> handle = Thread::Spawn(
      OptionsOf(*thread->spec), [this, thread] { Main(*thread); });
  if (handle.ok()) return handle->Detach();
  thread->exited = true;
  return absl::Status(
      handle.status().code(),
      absl::StrCat(workload_.source->Locate(thread->spec->offset), ": task ",
                   sched::sim::Quoted(thread->spec->name), ": ",
                   handle.status().message()));
}

absl::Status LiveThreads::Release(const std::string& policy) {
  if (sched::CurrentHost()->TickNs() <= kLongTickNs) {
    const uint64_t ticks = watch_.ticks();
    while (watch_.ticks() == ticks) spinner_.Spin(1'000);
  }
  const char* refusal = nullptr;
  LiveThread* refused = nullptr;
  {
    PreemptGuard guard;
    watch_.Start();
    for (LiveThread* thread = first_.get();
         thread != nullptr && refusal == nullptr; thread = thread->next.get()) {
      refusal = watch_.Admit(*thread->entity, thread->spec_number,
                             thread->spec->delay_us > 0);
      if (refusal != nullptr) refused = thread;
    }
    if (refusal == nullptr) {
      for (LiveThread* thread = first_.get(); thread != nullptr;
           thread = thread->next.get()) {
        if (thread->spec->delay_us > 0) Wake(*thread);
      }
    }
  }
  if (refused != nullptr) {
    return RefusedError(workload_, *refused->spec, refused->trace.name, policy,
                        refusal);
  }
  // Those with a delay go to sleep.
  this_thread::Yield();
  PreemptGuard guard;
  for (LiveThread* thread = first_.get(); thread != nullptr;
       thread = thread->next.get()) {
    if (thread->spec->delay_us == 0) Wake(*thread);
  }
  return absl::OkStatus();
}

void LiveThreads::Wait(int64_t end_us) {
  if (first_ == nullptr) return;
  const int64_t due_ns = watch_.start_ns() + end_us * 1000;
  PreemptGuard guard;
  while (watch_.outcome() == WatchedPolicy::Outcome::kRunning &&
         !failure_known_ && signals::MonotonicNs() < due_ns) {
    Park(due_ns);
  }
}

void LiveThreads::AppendDeadlock(std::vector<std::string>& notes) const {
  std::vector<const Waiter*> blocked;
  for (const LiveThread* thread = first_.get(); thread != nullptr;
       thread = thread->next.get()) {
    if (!thread->exited) blocked.push_back(thread);
  }
  sched::sim::AppendDeadlock(watch_.end_ns() / 1000, blocked, sync_, notes);
}

void LiveThreads::Stop() {
  PreemptGuard guard;
  watch_.Stop();
  stopping_ = true;
  for (LiveThread* thread = first_.get(); thread != nullptr;
       thread = thread->next.get()) {
    if (!thread->exited && thread->ref) thread->ref.Wake();
  }
}

}  // namespace jiffy::lab
