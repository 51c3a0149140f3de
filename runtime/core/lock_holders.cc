#include "runtime/core/lock_holders.h"

#include <algorithm>
#include <cstdint>

#include "runtime/core/current_worker.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "signals/deferral.h"
#include "signals/interrupted.h"

namespace jiffy::internal {
namespace {

using signals::Place;

// How many blocked threads' words are checked at once, and how often. Each
// check is a system call, and a short tick must leave time for threads.
constexpr int kWordsALook = 4;
constexpr int64_t kWordsEveryNs = 50'000;
// After this many checks a blocked thread waits in the kernel again: the word
// may have changed twice meanwhile.
constexpr uint32_t kLooksBeforeRetry = 64;
// The timer that checks whether the worker sleeps in the kernel: its period
// doubles after each 16 checks, until it reaches that of a tick.
constexpr int64_t kLookNs = 50'000;
constexpr uint32_t kLooksAPeriod = 16;
constexpr uint32_t kMostLooks = 8 * kLooksAPeriod;
// How long a thread runs out of turn in a library other than libc. Such a
// library may be most of the program itself, and its threads never leave it.
constexpr int64_t kLongestInLibraryNs = 2'000'000;

}  // namespace

void LockUserQueue::PushBack(LockUser& user) {
  user.queue = this;
  user.next = nullptr;
  user.previous = last_;
  (last_ == nullptr ? first_ : last_->next) = &user;
  last_ = &user;
}

void LockUserQueue::Remove(LockUser& user) {
  user.queue = nullptr;
  (user.previous == nullptr ? first_ : user.previous->next) = user.next;
  (user.next == nullptr ? last_ : user.next->previous) = user.previous;
}

void LockUserQueue::KeepOnly(const Task* task) {
  for (LockUser* user = first_; user != nullptr;) {
    LockUser* const next = user->next;
    if (user->task != task) Remove(*user);
    user = next;
  }
}

// The current task waits for a word in the kernel. The policy must not hold the
// task.
void Worker::SetAside(LockUser& self) {
  Task& task = *self.task;
  task.state = TaskState::kBlocked;
  task.wait_kind = WaitKind::kKernel;
  task.wait_object = self.wait.word;
  task.wait_since = clock_.jiffies;
  task.wait_reported = false;
  task.voluntary_switches++;
  holders_.blocked.PushBack(self);
  WakeChanged();
}

// A thread that returns from the kernel may hold another lock.
void Worker::WakeBlocked(LockUser& blocked) {
  holders_.blocked.Remove(blocked);
  holders_.inside.PushBack(blocked);
  WakeTask(blocked.task, WakeReason::kWoken);
}

// Checks the words of some blocked threads, the longest unchecked first, unless
// that was just done.
void Worker::WakeChanged() {
  if (clock_.jiffies < holders_.next_look && current_ != idle_) return;
  holders_.next_look =
      clock_.jiffies +
      static_cast<uint64_t>((kWordsEveryNs + TickNs() - 1) / TickNs());
  const LockUser* first_kept = nullptr;
  for (int looked = 0; looked < kWordsALook; ++looked) {
    LockUser* const blocked = holders_.blocked.first();
    if (blocked == nullptr || blocked == first_kept) return;
    if (++blocked->looks == kLooksBeforeRetry ||
        !signals::StillWaitsInHandler(blocked->wait)) {
      WakeBlocked(*blocked);
      continue;
    }
    holders_.blocked.Remove(*blocked);
    holders_.blocked.PushBack(*blocked);
    if (first_kept == nullptr) first_kept = blocked;
  }
}

// Called when nothing is runnable. Wakes a blocked thread, if there is one; it
// waits in the kernel on behalf of all.
bool Worker::WakeSomeBlocked() {
  if (holders_.blocked.empty()) return false;
  WakeChanged();
  if (holders_.inside.empty()) WakeBlocked(*holders_.blocked.first());
  return true;
}

// Takes the thread that was inside longest, and makes it `running`.
Task* Worker::TakeHolder() {
  LockUser& holder = *holders_.inside.first();
  Task* const task = holder.task;
  holders_.inside.Remove(holder);
  policy_->Dequeue(*task, sched::DequeueReason::kMigrated);
  holders_.running = task;
  // Its yields must use YieldOutOfTurn.
  task->yield_queue = nullptr;
  fast_yield_.special = true;
  holders_.began_ns = signals::ThreadCpuNs();
  holders_.looks_in_library = 0;
  deferral.looks = 0;
  signals::PutOffInHandler(*this);
  return task;
}

// Returns whether `running`, in a library, continues; if so, it is checked
// again.
bool Worker::GoesOnOutOfTurn(Place place) {
  const int64_t longest_ns =
      place == Place::kLibc ? signals::kLongestInLibcNs : kLongestInLibraryNs;
  if (signals::ThreadCpuNs() - holders_.began_ns > longest_ns) return false;
  // The pauses keep growing, although each rescheduling restarts them.
  deferral.looks = holders_.looks_in_library;
  signals::PutOffInHandler(*this);
  holders_.looks_in_library = deferral.looks;
  return true;
}

void Worker::EndOutOfTurn() {
  holders_.running->yield_queue = fast_yield_.queue;
  fast_yield_.special =
      modes_.needs_clock || fast_yield_.traced_queue != nullptr;
  holders_.running = nullptr;
}

void Worker::YieldOutOfTurn() {
  Task* self = current_;
  if (modes_.needs_clock) RefreshClock();
  EndOutOfTurn();
  self->state = TaskState::kRunnable;
  Enqueue(*self, sched::EnqueueReason::kWoken);
  self->voluntary_switches++;
  YieldTo(Chosen(PickNext()));
}

void Worker::LookSoon() {
  if (holders_.inside.empty() || holders_.looks_left == 0) return;
  const uint32_t period = (kMostLooks - holders_.looks_left) / kLooksAPeriod;
  --holders_.looks_left;
  timers.ArmDeferInHandler(kLookNs << period);
}

// Part of RescheduleFromTick, for a thread in a library or while
// holders_.busy().
void Worker::RescheduleAmongHolders(signals::RescheduleFrom from, Place place,
                                    bool preempt) {
  Task& self = *current_;
  LockUser user(self);
  if (modes_.needs_clock) RefreshClock();
  const bool in_library = place == Place::kLibrary || place == Place::kLibc;
  bool somebody_waits = false;
  if (place == Place::kKernel) {
    user.wait = interrupted.futex;
    // For other system calls it is unknown whether they wait for a lock.
    somebody_waits =
        user.wait.word == nullptr || signals::StillWaitsInHandler(user.wait);
  }
  const bool blocks = somebody_waits && user.wait.word != nullptr;
  if (holders_.running == &self) {
    if (in_library && GoesOnOutOfTurn(place)) return;
    EndOutOfTurn();
    if (blocks) {
      SetAside(user);
    } else {
      WakeChanged();
      Enqueue(self, sched::EnqueueReason::kWoken);
      // A thread still in the library would soon be chosen again, so the policy
      // chooses first.
      somebody_waits =
          place == Place::kProgram && !preempt && !holders_.blocked.empty();
    }
  } else if (blocks) {
    Dequeue(self, sched::DequeueReason::kBlocked);
    SetAside(user);
  } else {
    WakeChanged();
    if (!preempt && (!somebody_waits || holders_.inside.empty())) {
      return LookSoon();
    }
    policy_->Enqueue(self, sched::EnqueueReason::kPreempted);
  }
  if (!blocks) self.state = TaskState::kRunnable;

  Task* const next = somebody_waits && !holders_.inside.empty()
                         ? TakeHolder()
                         : Chosen(PickNext());
  if (next == &self) {
    self.state = TaskState::kRunning;
    if (holders_.running == nullptr) LookSoon();
  } else {
    if (!blocks) {
      self.preemptions++;
      ++counters_.preemptions;
      if (place != Place::kProgram) holders_.inside.PushBack(user);
      if (place == Place::kLibc) holders_.looks_left = kMostLooks;
    }
    if (holders_.running == nullptr) LookSoon();
    if (from == signals::RescheduleFrom::kHandler) {
      masked = signals::kMaskOtherInHandler;
    }
    SwitchTo(next);
  }
  // The thread resumes here, maybe much later, woken in any way.
  if (user.queue != nullptr) user.queue->Remove(user);
  self.wait_kind = WaitKind::kNone;
  self.wait_object = nullptr;
  if (next != &self) ThisWorker().FinishReschedule(from);
}

}  // namespace jiffy::internal
