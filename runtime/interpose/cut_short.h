// Calls that a signal ends with EINTR, whatever SA_RESTART says: in a green
// thread each tick would. They are made again, unless a handler of the
// program's has run meanwhile.
//
// An EINTR is the tick's if
//   - a signal of the runtime's found the thread at the end of a system call;
//     the tick's handler notes that in the thread's CallRecord; and
//   - no handler of the program's has run since the call began; the entry of
//     those handlers (handler.cc) notes them.
// Any other EINTR is the program's and is passed on.
//
// A handler counts for the thread that it interrupted. If the signal was sent
// to the process, it counts for all threads of the worker that do not block it:
// had the tick not taken the CPU from the thread that waits, the signal would
// have found that one.
#ifndef JIFFY_RUNTIME_INTERPOSE_CUT_SHORT_H_
#define JIFFY_RUNTIME_INTERPOSE_CUT_SHORT_H_

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/deadline.h"
#include "signals/cpu.h"
#include "signals/preempt.h"
#include "signals/signal_mask.h"
#include "signals/tick.h"

namespace jiffy::interpose {

// What befalls one call of the program's, over all the attempts to make it.
// Context: green thread.
class Interruptions {
 public:
  // `mask` is in force during the call; nullptr if the thread's own is.
  explicit Interruptions(const sigset_t* mask = nullptr)
      : record_(*internal::CurrentCallRecord()),
        mask_(mask),
        handlers_before_(HandlersRun().count) {
    record_.handler_ran = false;
    BeginAttempt();
  }
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;

  // To be called before each call into the kernel.
  void BeginAttempt() { record_.cut_short_ns = 0; }

  // Returns when a tick found the thread at the end of a system call in this
  // attempt, or 0.
  int64_t CutShortSince() const { return record_.cut_short_ns; }

  // Whether a handler of the program's has run since the first attempt began.
  bool HandlerRan() const {
    return record_.handler_ran ||
           (HandlersRun().count != handlers_before_ && RanForUnblocked());
  }

  // Whether a tick, and nothing of the program's, had the attempt transfer less
  // than it was asked to.
  bool TickShortened() const { return CutShortSince() != 0 && !HandlerRan(); }

  // Whether a tick, and nothing of the program's, ended the attempt, which
  // returned `result`.
  template <typename Result>
  bool TickEnded(Result result) const {
    return result == -1 && errno == EINTR && TickShortened();
  }

 private:
  static const signals::HandlersRun& HandlersRun() {
    return signals::task_frame.head.cpu->handlers_run;
  }
  bool RanForUnblocked() const {
    const uint64_t blocked =
        mask_ != nullptr ? signals::MaskOf(*mask_) : signals::KernelMask();
    for (int signal = 1; signal < _NSIG; ++signal) {
      if ((blocked & signals::SignalBit(signal)) == 0 &&
          HandlersRun().last[signal] > handlers_before_) {
        return true;
      }
    }
    return false;
  }

  internal::CallRecord& record_;
  const sigset_t* const mask_;
  const uint64_t handlers_before_;
};

// Lets the tick act that ended a call, if it could not do so in libc: where
// threads share TLS. Switches: maybe.
inline void LetTickAct() { const signals::PreemptGuard guard; }

// A call into the kernel that is a cancellation point: the thread is cancelled
// before it or not at all. Inside of such calls libc cancels by a signal, which
// does not find green threads.
class CancellationPoint {
 public:
  CancellationPoint() : holds_(CallerParks()) {
    if (!holds_) return;
    pthread_testcancel();
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state_);
  }
  ~CancellationPoint() {
    if (holds_) pthread_setcancelstate(state_, nullptr);
  }
  CancellationPoint(const CancellationPoint&) = delete;
  CancellationPoint& operator=(const CancellationPoint&) = delete;

 private:
  const bool holds_;
  int state_ = 0;
};

// For calls that are none.
class NoCancellationPoint {
 public:
  NoCancellationPoint() {}
  ~NoCancellationPoint() {}
};

// Makes `call` once.
template <typename Point = CancellationPoint, typename Call>
auto Attempt(Interruptions& interruptions, Call& call) -> decltype(call()) {
  const Point point;
  interruptions.BeginAttempt();
  return call();
}

// Makes `call` until no tick ends it. Keeps errno if that succeeds.
template <typename Point = CancellationPoint, typename Call>
auto Uncut(Interruptions& interruptions, Call call) -> decltype(call()) {
  const int saved_errno = errno;
  for (;;) {
    const auto result = Attempt<Point>(interruptions, call);
    if (!interruptions.TickEnded(result)) [[likely]] {
      return result;
    }
    LetTickAct();
    if (interruptions.HandlerRan()) {
      errno = EINTR;
      return result;
    }
    errno = saved_errno;
  }
}

// `mask` as Interruptions takes it.
template <typename Point = CancellationPoint, typename Call>
auto Uncut(Call call, const sigset_t* mask = nullptr) -> decltype(call()) {
  Interruptions interruptions(mask);
  return Uncut<Point>(interruptions, call);
}

// Returns the time left until `due_ns`, 0 at least.
inline timespec Left(int64_t due_ns) {
  return signals::ToTimespec(
      std::max<int64_t>(due_ns - signals::MonotonicNs(), 0));
}

// Whether libc takes it for a time limit. All others are libc's to refuse.
inline bool IsLimit(const timespec* time) {
  return time != nullptr && IsValid(*time) && time->tv_sec >= 0;
}

// As `call`, with what is left of the time limit at each attempt.
template <typename Point = CancellationPoint, typename Call>
int UncutUntil(const timespec* limit, Call call,
               const sigset_t* mask = nullptr) {
  if (!IsLimit(limit)) return Uncut<Point>([&] { return call(limit); }, mask);
  const int64_t due_ns = DueAfter(*limit);
  return Uncut<Point>(
      [&] {
        const timespec left = Left(due_ns);
        return call(&left);
      },
      mask);
}

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_CUT_SHORT_H_
