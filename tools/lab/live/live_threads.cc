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

using sched::sim::Event;
using sched::sim::EventKind;
using sched::sim::Phase;
using sched::sim::TaskSpec;
using sched::sim::Waiter;
using sched::sim::Workload;
using signals::PreemptGuard;

namespace {

// Above this, nobody wants to wait for a tick before the run begins.
constexpr int64_t kLongTickNs = 50'000'000;

// Stacks of the workload's threads; only what they touch costs memory.
constexpr size_t kStackSize = size_t{64} << 10;

size_t At(int32_t number) { return static_cast<size_t>(number); }

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

void LiveThreads::Main(LiveThread& self) {
  self.trace.index = static_cast<int>(this_thread::Id()) - 2;
  self.trace.name =
      sched::sim::ThreadName(*self.spec, self.trace.index, self.fork_number);
  if (Begin(self)) {
    self.first_run_ns = NowNs();
    while (!stopping_) {
      const Event* const event = self.cursor.Next();
      if (event == nullptr) break;
      if (const Phase* const phase = self.cursor.entered()) {
        EnterPhase(self, *phase);
      }
      Do(self, *event);
    }
  }
  PreemptGuard guard;
  self.exited = true;
}

// Waits for the gate and for the delay. Returns whether there is a run then.
bool LiveThreads::Begin(LiveThread& self) {
  {
    PreemptGuard guard;
    self.ref = ThreadRef::Current();
    self.entity = sched::CurrentHost()->Current();
    if (self.fork_number < 0 && !stopping_) {
      self.at_gate = true;
      WaitForWake(self);
    }
  }
  if (self.spec->delay_us > 0 && !stopping_) {
    SleepUntil(self.created_ns + self.spec->delay_us * 1000);
  }
  return !stopping_;
}

void LiveThreads::EnterPhase(LiveThread& self, const Phase& phase) {
  if (!phase.sched.has_value()) return;
  const auto number = static_cast<int>(&phase - self.spec->phases.data());
  PreemptGuard guard;
  sync_.SetParams(self, ToTaskParams(*phase.sched));
  watch_.NotePhase(number);
}

void LiveThreads::Do(LiveThread& self, const Event& event) {
  switch (event.kind) {
    case EventKind::kRun:
      Burn(self, event.us);
      return;
    case EventKind::kSleep:
      if (event.us > 0) SleepUntil(NowNs() + event.us * 1000);
      return;
    case EventKind::kTimer:
      if (const int64_t due_ns = SetTimer(self, event); due_ns > NowNs()) {
        SleepUntil(due_ns);
      }
      return;
    case EventKind::kLock:
      Sync(self, [&] { return sync_.Lock(self, event.object); });
      return;
    case EventKind::kUnlock: {
      bool held = false;
      Sync(self, [&] {
        held = sync_.Unlock(self, event.object);
        return true;
      });
      if (!held) {
        Fail(event, NotHeld(workload_, event, self.trace.name));
      }
      return;
    }
    case EventKind::kWait:
    case EventKind::kSync:
      Sync(self, [&] {
        if (event.kind == EventKind::kSync) sync_.Signal(event.object);
        sync_.Wait(self, event.object, event.mutex);
        return false;
      });
      return;
    case EventKind::kSignal:
      Sync(self, [&] {
        sync_.Signal(event.object);
        return true;
      });
      return;
    case EventKind::kBroadcast:
      Sync(self, [&] {
        sync_.Broadcast(event.object);
        return true;
      });
      return;
    case EventKind::kSuspend:
      Sync(self, [&] {
        sync_.Suspend(self, event.object);
        return false;
      });
      return;
    case EventKind::kResume:
      Sync(self, [&] {
        sync_.Resume(event.object);
        return true;
      });
      return;
    case EventKind::kYield:
      this_thread::Yield();
      return;
    case EventKind::kBarrier:
      Sync(self, [&] { return sync_.Arrive(self, event.object); });
      return;
    case EventKind::kFork:
      Fork(event);
      return;
  }
}

void LiveThreads::Burn(LiveThread& self, int64_t us) {
  if (us == 0) return;
  const auto cpu_ns = [this] {
    PreemptGuard guard;
    return watch_.CpuNs();
  };
  const int64_t goal_ns = cpu_ns() + us * 1000 - self.overrun_ns;
  int64_t left_ns = 0;
  while ((left_ns = goal_ns - cpu_ns()) > 0) {
    if (stopping_) return;
    spinner_.Spin(Spinner::Step(left_ns));
  }
  self.overrun_ns = -left_ns;
  PreemptGuard guard;
  watch_.NoteBurstEnd();
}

void LiveThreads::SleepUntil(int64_t ns) {
  PreemptGuard guard;
  // A thread always blocks once, so that a delayed start is one for the policy
  // too. A run that stops wakes those who sleep, not those who are about to.
  do {
    if (stopping_) return;
    watch_.NoteSleep();
    Park(watch_.start_ns() + ns);
  } while (NowNs() < ns);
}

int64_t LiveThreads::SetTimer(LiveThread& self, const Event& event) {
  PreemptGuard guard;
  int64_t& due_ns = event.own_timer ? self.own_timers_ns[At(event.object)]
                                    : timers_ns_[At(event.object)];
  due_ns = NextDue(TimerOf(workload_, *self.spec, event), event.us * 1000,
                   due_ns, self.first_run_ns, NowNs());
  return due_ns;
}

template <typename F>
void LiveThreads::Sync(LiveThread& self, F change) {
  PreemptGuard guard;
  if (stopping_) return;
  self.woken = false;
  watch_.SetWaking(true);
  const bool goes_on = change();
  watch_.SetWaking(false);
  if (!goes_on) WaitForWake(self);
}

void LiveThreads::Wake(LiveThread& thread) {
  thread.woken = true;
  thread.ref.Wake();
}

void LiveThreads::WaitForWake(LiveThread& self) const {
  while (!self.woken && !stopping_) Park();
}

void LiveThreads::Fork(const Event& event) {
  const TaskSpec& spec = workload_.tasks[At(event.object)];
  auto thread = std::make_unique<LiveThread>(spec, event.object);
  bool too_many = false;
  {
    PreemptGuard guard;
    if (stopping_) return;
    int& forks = forks_[At(event.object)];
    too_many = forks == sched::sim::kMaxForks;
    if (!too_many) {
      thread->created_ns = NowNs();
      thread->fork_number = forks++;
      watch_.ExpectFork(event.object, thread->fork_number, spec.delay_us > 0);
    }
  }
  if (too_many) {
    Fail(event, TooManyForks(spec));
    return;
  }
  if (absl::Status status = Spawn(std::move(thread)); !status.ok()) {
    Fail(event, std::string(status.message()));
  }
}

// The first failure is the one that counts; nobody who failed does one event
// more.
void LiveThreads::Fail(const Event& event, const std::string& what) {
  bool first = false;
  {
    PreemptGuard guard;
    first = !std::exchange(failed_, true) && !stopping_;
  }
  if (first) failure_ = EventError(workload_, event, what, NowNs() / 1000);
  PreemptGuard guard;
  if (first) {
    failure_known_ = true;
    controller_.Wake();
  }
  while (!stopping_) Park();
}

int64_t LiveThreads::NowNs() const {
  return signals::MonotonicNs() - watch_.start_ns();
}

}  // namespace jiffy::lab
