#include "runtime/sync/wait_options.h"

#include <cstdint>
#include <ostream>

#include "absl/time/time.h"
#include "runtime/waiter.h"
#include "signals/tick.h"

namespace jiffy {

std::ostream& operator<<(std::ostream& out, WaitResult result) {
  switch (result) {
    case WaitResult::kReady:
      return out << "ready";
    case WaitResult::kTimeout:
      return out << "timeout";
    case WaitResult::kStopped:
      return out << "stopped";
  }
  return out << "WaitResult(" << static_cast<int>(result) << ")";
}

namespace internal {

int64_t DueAfter(absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return kNoDeadline;
  if (timeout <= absl::ZeroDuration()) return kAlreadyOver;
  const int64_t now = signals::MonotonicNs();
  const int64_t ns = absl::ToInt64Nanoseconds(timeout);
  return ns > INT64_MAX - now ? kNoDeadline : now + ns;
}

}  // namespace internal
}  // namespace jiffy
