// Calls that a signal ends with EINTR, whatever SA_RESTART says: in a green
// thread each tick would end them. They are made again, unless a handler of the
// program has run meanwhile.
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
// without the tick that took the CPU from the waiting thread, the signal would
// have interrupted that thread.
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

// The interruptions of one call of the program, over all attempts to make it.
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

  // Whether a tick, and no handler of the program, made the attempt transfer
  // less than it was asked to.
  bool TickShortened() const { return CutShortSince() != 0 && !HandlerRan(); }

  // Whether a tick, and no handler of the program, ended the attempt, which
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

// Where threads share TLS, a tick cannot act inside libc: lets a tick that
// ended a call act now. Switches: maybe.
inline void LetTickAct() { const signals::PreemptGuard guard; }

// A call into the kernel that is a cancellation point: the thread is cancelled
// before the call or not at all. libc cancels inside such calls by a signal,
// which does not reach green threads.
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

// For calls that are no cancellation points.
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

// Repeats `call` until no tick ends it. Keeps errno if `call` succeeds.
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

// As above; `mask` as in Interruptions.
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

// Whether libc accepts `time` as a limit. Others are left for libc to refuse.
inline bool IsLimit(const timespec* time) {
  return time != nullptr && IsValid(*time) && time->tv_sec >= 0;
}

// Uncut for a call with a time limit: each attempt gets the time that is left.
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
