// What outlives a thread: its result, its name, who joins it.
//
// Shared by the thread while it lives and by its handle until that is joined or
// detached. Whoever comes second frees it.
#ifndef JIFFY_RUNTIME_COMPLETION_H_
#define JIFFY_RUNTIME_COMPLETION_H_

#include <atomic>
#include <bit>
#include <cstdint>
#include <exception>
#include <stop_token>

#include "runtime/options.h"

namespace jiffy::internal {

struct Task;

struct Completion {
  // What `state` holds; any other value is the Task that waits to join.
  static constexpr uintptr_t kRunning = 0;
  static constexpr uintptr_t kFinished = 1;
  // The run ended before the thread did.
  static constexpr uintptr_t kAbandoned = 2;
  // An OS thread waits in the kernel until this changes.
  static constexpr uintptr_t kOsWaiter = 3;
  std::atomic<uintptr_t> state{kRunning};

  // Set by whichever of Detach and the thread's end comes first; the other one
  // frees this.
  std::atomic<bool> orphaned{false};

  uint64_t id = 0;
  char name[kMaxNameLength + 1] = {};
  std::exception_ptr exception;
  std::stop_source stop{std::nostopstate};

  // Link of the worker's list of those to free.
  Completion* next_garbage = nullptr;

  // The thread while it lives; nullptr after. Context: its worker.
  Task* task = nullptr;
  // What was counted of it, once it ended.
  uint64_t ticks = 0;
  uint64_t voluntary_switches = 0;
  uint64_t preemptions = 0;
  int64_t cpu_ns = 0;
  int64_t longest_wait_ns = 0;
  int64_t spawned_ns = 0;
  int64_t ended_ns = 0;

  bool done() const {
    const uintptr_t now = state.load(std::memory_order_acquire);
    return now == kFinished || now == kAbandoned;
  }
};

// The half of Completion::state that holds the small values, for futex: it takes
// 32 bits.
inline uint32_t* FutexWord(Completion* completion) {
  return reinterpret_cast<uint32_t*>(&completion->state) +
         (std::endian::native == std::endian::big ? 1 : 0);
}

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_COMPLETION_H_
