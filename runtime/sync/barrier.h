// jiffy::Barrier: std::barrier. Threads wait for each other in each phase. The
// last one to arrive runs the completion function; then all continue.
#ifndef JIFFY_RUNTIME_SYNC_BARRIER_H_
#define JIFFY_RUNTIME_SYNC_BARRIER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"

namespace jiffy {

namespace internal {

class BarrierCore {
 public:
  explicit BarrierCore(std::ptrdiff_t expected);
  ~BarrierCore();
  BarrierCore(const BarrierCore&) = delete;
  BarrierCore& operator=(const BarrierCore&) = delete;

  // Counts `n` arrivals in the current phase, whose number it stores in
  // `phase`. If `drop`, one of them takes no part in later phases. Returns
  // whether the phase is complete: then the caller must call Complete.
  bool Arrive(std::ptrdiff_t n, bool drop, uint64_t* phase);
  void Complete();
  void Wait(uint64_t phase);

 private:
  BiasedLock lock_;
  // Arrivals that complete a phase, and those still missing in the current one.
  std::ptrdiff_t expected_;
  std::ptrdiff_t missing_;
  uint64_t phase_ = 0;
  WaitList waiters_;
};

struct NoCompletion {
  void operator()() const noexcept {}
};

}  // namespace internal

// Context of all members: green thread or OS thread.
template <typename Completion = internal::NoCompletion>
class Barrier {
  static_assert(std::is_nothrow_invocable_v<Completion&>,
                "jiffy::Barrier: the completion function must be noexcept");

 public:
  class arrival_token {
   public:
    arrival_token(arrival_token&&) noexcept = default;
    arrival_token& operator=(arrival_token&&) noexcept = default;

   private:
    friend class Barrier;
    explicit arrival_token(uint64_t phase) : phase_(phase) {}
    uint64_t phase_;
  };

  static constexpr std::ptrdiff_t max() noexcept {
    return std::numeric_limits<std::ptrdiff_t>::max();
  }

  // Aborts with a message if `expected` is negative.
  explicit Barrier(std::ptrdiff_t expected, Completion completion = {})
      : core_(expected), completion_(std::move(completion)) {}

  // Arrives without waiting. Aborts with a message if there are more arrivals
  // than the phase waits for.
  [[nodiscard]] arrival_token arrive(std::ptrdiff_t n = 1) {
    return arrival_token(ArriveInPhase(n, false));
  }
  // Waits for the end of the token's phase. Switches: if it has to wait.
  void wait(arrival_token&& token) { core_.Wait(token.phase_); }
  void arrive_and_wait() { wait(arrive()); }
  void arrive_and_drop() { ArriveInPhase(1, true); }

 private:
  uint64_t ArriveInPhase(std::ptrdiff_t n, bool drop) {
    uint64_t phase;
    if (core_.Arrive(n, drop, &phase)) {
      completion_();
      core_.Complete();
    }
    return phase;
  }

  internal::BarrierCore core_;
  Completion completion_;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_BARRIER_H_
