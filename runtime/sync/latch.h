// jiffy::Latch: std::latch. Threads wait until a count reaches zero, once.
#ifndef JIFFY_RUNTIME_SYNC_LATCH_H_
#define JIFFY_RUNTIME_SYNC_LATCH_H_

#include <cstddef>
#include <limits>

#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait_options.h"

namespace jiffy {

// Context of all members: green thread or OS thread.
class Latch {
 public:
  static constexpr std::ptrdiff_t max() noexcept {
    return std::numeric_limits<std::ptrdiff_t>::max();
  }

  // Aborts with a message if `expected` is negative.
  explicit Latch(std::ptrdiff_t expected);
  // May be destroyed as soon as one wait has returned.
  ~Latch();
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;

  // Aborts with a message if the count would fall below zero.
  void count_down(std::ptrdiff_t n = 1);
  bool try_wait() const;
  // Switches: if it has to wait.
  void wait() const;
  void arrive_and_wait(std::ptrdiff_t n = 1) {
    count_down(n);
    wait();
  }
  WaitResult Wait(const WaitOptions& options) const;

 private:
  mutable internal::BiasedLock lock_;
  std::ptrdiff_t count_;
  mutable internal::WaitList waiters_;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_LATCH_H_
