// jiffy::WaitGroup: waits until all work that was begun is done, as Go's
// sync.WaitGroup. Unlike a Latch it can also count up, and be reused.
#ifndef JIFFY_RUNTIME_SYNC_WAIT_GROUP_H_
#define JIFFY_RUNTIME_SYNC_WAIT_GROUP_H_

#include <cstdint>

#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait_options.h"

namespace jiffy {

// Context of all members: green thread or OS thread.
class WaitGroup {
 public:
  constexpr WaitGroup() = default;
  ~WaitGroup();
  WaitGroup(const WaitGroup&) = delete;
  WaitGroup& operator=(const WaitGroup&) = delete;

  // Aborts with a message if the count would fall below zero.
  void Add(int64_t n = 1);
  void Done() { Add(-1); }
  // Waits until the count is zero. Switches: if it has to wait.
  WaitResult Wait(const WaitOptions& options = {});

 private:
  internal::BiasedLock lock_;
  int64_t count_ = 0;
  internal::WaitList waiters_;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_WAIT_GROUP_H_
