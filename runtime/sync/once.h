// jiffy::CallOnce: std::call_once. While one thread is inside the callable,
// others that call it wait, and their worker runs other threads.
#ifndef JIFFY_RUNTIME_SYNC_ONCE_H_
#define JIFFY_RUNTIME_SYNC_ONCE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "signals/race.h"

namespace jiffy {

class OnceFlag {
 public:
  constexpr OnceFlag() = default;
  OnceFlag(const OnceFlag&) = delete;
  OnceFlag& operator=(const OnceFlag&) = delete;

 private:
  template <typename F, typename... Args>
  friend void CallOnce(OnceFlag& flag, F&& f, Args&&... args);

  bool done() const {
    if (!done_.load(std::memory_order_acquire)) return false;
    signals::Acquired(lock_.order());
    return true;
  }
  // Waits until the call is done, then returns false, or until it is the
  // caller's turn, then returns true.
  bool Begin();
  // Ends the caller's turn.
  void End(bool done);

  std::atomic<bool> done_{false};
  internal::BiasedLock lock_;
  bool running_ = false;
  internal::WaitList waiters_;
};

// Calls `f` with the arguments unless an earlier call has returned. If `f`
// throws, this caller gets the exception, and the next caller calls `f`.
// Context: green thread or OS thread. Switches: if it has to wait.
template <typename F, typename... Args>
void CallOnce(OnceFlag& flag, F&& f, Args&&... args) {
  if (flag.done() || !flag.Begin()) return;
  struct Turn {
    ~Turn() { flag.End(returned); }
    OnceFlag& flag;
    bool returned = false;
  } turn{.flag = flag};
  std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
  turn.returned = true;
}

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_ONCE_H_
