// pthread_once, the base of std::call_once: implemented here for all threads,
// as libc has no function that would not wait.

#include <pthread.h>

#include <atomic>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/interpose/address_park.h"
#include "signals/race.h"

namespace jiffy::interpose {
namespace {

// States of a pthread_once_t, besides PTHREAD_ONCE_INIT. While the routine
// runs, the upper bits hold the fork generation: the thread that ran it when
// the process forked does not exist in the child, which must start again.
constexpr int kRunning = 1;
constexpr int kDone = 2;
constexpr int kGenerationStep = 4;

constinit std::atomic<int> generation{0};

__attribute__((constructor)) void CountForks() {
  pthread_atfork(nullptr, nullptr, [] {
    generation.fetch_add(kGenerationStep, std::memory_order_relaxed);
  });
}

// In scope while the routine runs: if an exception, pthread_exit or a
// cancellation leaves it, the next caller starts again.
class Turn {
 public:
  explicit Turn(pthread_once_t* once) : once_(once) {}
  ~Turn() {
    signals::Released(once_);
    std::atomic_ref<int>(*once_).store(done_ ? kDone : PTHREAD_ONCE_INIT,
                                       std::memory_order_seq_cst);
    Unpark(once_, kAll);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  void SetDone() { done_ = true; }

 private:
  pthread_once_t* const once_;
  bool done_ = false;
};

// Waits for the thread whose turn it is.
void AwaitTurn(pthread_once_t* once, int seen) {
  AddressWait wait(once);
  wait.Enqueue();
  if (std::atomic_ref<int>(*once).load() == seen) {
    wait.Await(internal::WaitKind::kAddress, once, internal::kNoDeadline);
  } else {
    wait.Withdraw();
  }
}

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::AwaitTurn;
using jiffy::interpose::generation;
using jiffy::interpose::kDone;
using jiffy::interpose::kRunning;
using jiffy::interpose::Turn;

extern "C" int pthread_once(pthread_once_t* once, void (*routine)()) {
  const std::atomic_ref<int> state(*once);
  int seen = state.load(std::memory_order_acquire);
  for (;;) {
    if ((seen & kDone) != 0) {
      jiffy::signals::Acquired(once);
      return 0;
    }
    const int running = generation.load(std::memory_order_relaxed) | kRunning;
    if (seen == running) {
      AwaitTurn(once, seen);
      seen = state.load(std::memory_order_acquire);
    } else if (state.compare_exchange_weak(seen, running,
                                           std::memory_order_acquire)) {
      jiffy::signals::Acquired(once);
      Turn turn(once);
      routine();
      turn.SetDone();
      return 0;
    }
  }
}
