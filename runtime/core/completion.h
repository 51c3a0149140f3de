// What outlives a thread: its result, its name, who joins it.
//
// The thread writes it while it lives and its handle frees it; if the handle is
// detached first, its worker frees it. Nearly all of that happens on one worker
// with preemption off, where plain loads and stores do. Locked instructions
// would cost more than all the rest of spawning and joining.
//
// An OS thread may join too: it sets os_waiter and sleeps on `state`. The
// thread that ends looks at os_waiter, then stores the state and touches the
// completion no more. A joiner that comes between misses the wake-up, so it
// looks again after a while by itself.
#ifndef JIFFY_RUNTIME_CORE_COMPLETION_H_
#define JIFFY_RUNTIME_CORE_COMPLETION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stop_token>

#include "runtime/core/own_signals.h"
#include "runtime/core/unstarted.h"
#include "runtime/options.h"
#include "sched/entity.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {

struct Task;
class MutexCore;

// A thread's name, or "thread-17" if it was given none.
struct ThreadName {
  char text[kMaxNameLength + 1];
};

// What is counted of a thread while it lives, for ThreadStats.
struct Counts {
  uint64_t ticks;
  uint64_t preemptions;
  int64_t longest_wait_ns;
  int64_t spawned_ns;
};

// What was counted of a thread, once it ended.
struct EndCounts : Counts {
  uint64_t voluntary_switches;
  int64_t cpu_ns;
  int64_t ended_ns;
  // Both 0 if that was not asked for.
  size_t stack_used;
  size_t stack_size;
};

// One after the other. Aligned as the Entity that a policy's queue takes an
// Unstarted for.
struct alignas(sched::Entity) BeginningAndEnd {
  BeginningAndEnd() {}
  union {
    // Until the callable is destroyed, if the thread began so.
    Unstarted unstarted;
    // When it has finished.
    EndCounts counts;
  };
};

// What befell a thread in the call that it makes into the kernel
// (interpose/cut_short.h), which sets it back. Written by handlers.
struct CallRecord {
  // The handler reads it outside of such calls, too, to no effect. Valgrind
  // wants that to have a value.
  CallRecord() {
    if constexpr (signals::kValgrind) {
      cut_short_ns = 0;
      handler_ran = false;
    }
  }
  // When a signal of the runtime's first found the thread at the call's end, by
  // CLOCK_MONOTONIC; 0 if none did.
  volatile int64_t cut_short_ns;
  // Whether a handler of the program's has run, for a signal to this thread.
  volatile bool handler_ran;
};

// Made by Worker::Spawn and freed by FreeCompletion: a worker keeps those that
// its threads freed, for the next ones.
struct Completion : BeginningAndEnd {
  static constexpr uint32_t kRunning = 0;
  static constexpr uint32_t kFinished = 1;
  // The run ended before the thread did.
  static constexpr uint32_t kAbandoned = 2;
  // Another thread forked, and this process is the child.
  static constexpr uint32_t kLeftBehind = 3;
  // Once it is not kRunning, the completion is its handle's alone.
  std::atomic<uint32_t> state{kRunning};
  // Whether an OS thread waits on `state`.
  std::atomic<uint32_t> os_waiter{0};

  // The rest of this group: on the worker only, with preemption off.
  // The thread that waits to join.
  Task* joiner = nullptr;
  // Whether the handle is detached: the worker frees this.
  bool orphaned = false;
  // Whether the callable lies in `unstarted`, or did.
  bool holds_callable = false;

  uint64_t id = 0;
  // Empty if none was given; NameOf (report.h) makes one up.
  char name[kMaxNameLength + 1];
  std::exception_ptr exception;
  std::stop_source stop{std::nostopstate};

  // Link of the worker's list of those to free.
  Completion* next_garbage = nullptr;

  // The thread while it lives; nullptr before it started, and after. Context:
  // its worker.
  Task* task = nullptr;
  // What it has by itself; Task::params may be lent
  // (sync/mutex_inheritance.cc).
  sched::TaskParams own_params;
  // The mutexes that it holds and that inherit.
  MutexCore* held = nullptr;
  // Right only where TaskHead::signal_flags says so.
  OwnSignals own_signals;
  // Right only in such a call.
  CallRecord call_record;
  // Set and read by libc/thread_block_fork.cc.
  int libc_id_before_fork;
  static Completion* Of(Unstarted* unstarted) {
    return static_cast<Completion*>(
        reinterpret_cast<BeginningAndEnd*>(unstarted));
  }

  // Whether the thread will never run again, and has not finished.
  bool given_up() const {
    const uint32_t now = state.load(std::memory_order_acquire);
    return now == kAbandoned || now == kLeftBehind;
  }
  bool done() const {
    return state.load(std::memory_order_acquire) != kRunning;
  }
};

// Wakes the OS thread that waits on this completion's state.
void WakeOsJoiner(std::atomic<uint32_t>* state);

// Gives the completion its final state and wakes the OS thread that joins. The
// completion may be gone after: the handle may free it once the state is there,
// so only its address is used from then on.
inline void EndCompletion(Completion* completion, uint32_t state) {
  const bool wake = completion->os_waiter.load(std::memory_order_acquire) != 0;
  std::atomic<uint32_t>* word = &completion->state;
  word->store(state, std::memory_order_release);
  if (wake) [[unlikely]] {
    WakeOsJoiner(word);
  }
}

// Context: anywhere, preemption on.
void FreeCompletion(Completion* completion);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_COMPLETION_H_
