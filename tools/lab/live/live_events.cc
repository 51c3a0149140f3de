// Runs the events of a live thread, one after the other.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "runtime/jiffy.h"
#include "sched/sim/source.h"
#include "signals/preempt.h"
#include "signals/tick.h"
#include "tools/lab/live/live_threads.h"

namespace jiffy::lab {

using sched::sim::Event;
using sched::sim::EventKind;
using sched::sim::Phase;
using sched::sim::TaskSpec;
using signals::PreemptGuard;

namespace {

size_t At(int32_t number) { return static_cast<size_t>(number); }

}  // namespace

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
    case EventKind::kSemWait:
      Sync(self, [&] { return sync_.SemWait(self, event.object); });
      return;
    case EventKind::kSemPost:
      Sync(self, [&] {
        sync_.SemPost(event.object);
        return true;
      });
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
