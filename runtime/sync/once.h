// jiffy::CallOnce: std::call_once. Threads that come while another is inside
// the callable wait, and their worker runs others.
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
  // Waits until it is done, returning false, or it is the caller's turn.
  bool Begin();
  // Ends the caller's turn.
  void End(bool done);

  std::atomic<bool> done_{false};
  internal::BiasedLock lock_;
  bool running_ = false;
  internal::WaitList waiters_;
};

// Calls `f` with the arguments unless a call has returned before. If it throws,
// the exception goes to this caller, and the next one tries.
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
