#include "runtime/sync/sleep.h"

#include <cstdint>
#include <stop_token>

#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"

namespace jiffy::internal {

// Waits in a list of its own, where nothing is ever granted.
WaitResult SleepUntilDue(int64_t due_ns, const std::stop_token& stop) {
  BiasedLock lock;
  WaitList list;
  return TakeOrWait(
      lock, list, WaitKind::kSleep, nullptr, stop,
      [&] { return AtLatest(due_ns); }, [] { return false; });
}

}  // namespace jiffy::internal
