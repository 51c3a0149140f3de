// The part of a thread that outlives it: its result, name and joiner.
//
// A thread writes its completion while it lives. The handle frees it, or the
// worker if the handle was detached first. Nearly all of that happens on one
// worker with preemption off, where plain loads and stores suffice. Locked
// instructions would cost more than the rest of spawning and joining.
//
// An OS thread may join too: it sets os_waiter and sleeps on `state`. The
// ending thread reads os_waiter, stores the state and does not touch the
// completion again. A joiner that comes between these steps misses the wake-up,
// so an OS joiner also looks again periodically.
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

// Counters of a live thread, for ThreadStats.
struct Counts {
  uint64_t ticks;
  uint64_t preemptions;
  int64_t longest_wait_ns;
  int64_t spawned_ns;
};

// Counters of a thread that has ended.
struct EndCounts : Counts {
  uint64_t voluntary_switches;
  int64_t cpu_ns;
  int64_t ended_ns;
  // Both 0 if stack use is not measured.
  size_t stack_used;
  size_t stack_size;
};

// Holds one, then the other. Aligned like the Entity for which a policy's queue
// takes an Unstarted.
struct alignas(sched::Entity) BeginningAndEnd {
  BeginningAndEnd() {}
  union {
    // Until the callable is destroyed, if the thread began as Unstarted.
    Unstarted unstarted;
    // After the thread has finished.
    EndCounts counts;
  };
};

// Interruptions of the system call that the thread is making. Reset by the
// caller of that call (interpose/cut_short.h). Written by handlers.
struct CallRecord {
  // Outside of such calls the handler reads it, too, to no effect. Valgrind
  // wants a value there.
  CallRecord() {
    if constexpr (signals::kValgrind) {
      cut_short_ns = 0;
      handler_ran = false;
    }
  }
  // CLOCK_MONOTONIC time at which a signal of the runtime first found the
  // thread at the call's end; 0 if none did.
  volatile int64_t cut_short_ns;
  // Whether a handler of the program ran for a signal to this thread.
  volatile bool handler_ran;
};

// Made by Worker::Spawn, freed by FreeCompletion. A worker reuses the
// completions that its threads freed.
struct Completion : BeginningAndEnd {
  static constexpr uint32_t kRunning = 0;
  static constexpr uint32_t kFinished = 1;
  // The run ended before the thread did.
  static constexpr uint32_t kAbandoned = 2;
  // Another thread forked, and this process is the child.
  static constexpr uint32_t kLeftBehind = 3;
  // Once this is not kRunning, only the handle may use the completion.
  std::atomic<uint32_t> state{kRunning};
  // Whether an OS thread waits on `state`.
  std::atomic<uint32_t> os_waiter{0};

  // Context of these three: on the worker, preemption off.
  // The thread that waits to join.
  Task* joiner = nullptr;
  // Whether the handle is detached: the worker frees this.
  bool orphaned = false;
  // Whether the callable is or was in `unstarted`.
  bool holds_callable = false;

  uint64_t id = 0;
  // Empty if none was given; NameOf (report.h) then makes a name.
  char name[kMaxNameLength + 1];
  std::exception_ptr exception;
  std::stop_source stop{std::nostopstate};

  // Link of the worker's list of completions to free.
  Completion* next_garbage = nullptr;

  // The thread from its start to its end, else nullptr. Context: its worker.
  Task* task = nullptr;
  // The thread's own parameters; Task::params may be lent
  // (sync/mutex_inheritance.cc).
  sched::TaskParams own_params;
  // The mutexes with inheritance that the thread holds.
  MutexCore* held = nullptr;
  // Valid only where TaskHead::signal_flags says so.
  OwnSignals own_signals;
  // Valid only during a system call of an interposed function.
  CallRecord call_record;
  // Set and read by libc/thread_block_fork.cc.
  int libc_id_before_fork;
  static Completion* Of(Unstarted* unstarted) {
    return static_cast<Completion*>(
        reinterpret_cast<BeginningAndEnd*>(unstarted));
  }

  // Returns whether the thread has not finished and will never run again.
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

// Stores the final state and wakes the OS thread that joins. The handle may
// free the completion as soon as the state is stored, so only the address is
// used after that.
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
