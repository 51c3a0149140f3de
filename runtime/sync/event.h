// jiffy::Event: a flag that threads wait for.
#ifndef JIFFY_RUNTIME_SYNC_EVENT_H_
#define JIFFY_RUNTIME_SYNC_EVENT_H_

#include <cstdint>

#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait_options.h"

namespace jiffy {

// Context of all members: green thread or OS thread.
class Event {
 public:
  enum class Reset : uint8_t {
    kManual,  // Stays set until Clear; until then no wait blocks.
    kAuto,    // The wait that it ends clears it: one thread for each Set.
  };

  constexpr explicit Event(Reset reset = Reset::kManual) : reset_(reset) {}
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Sets the flag and wakes all waiting threads; if it clears itself (kAuto),
  // only the first of them. Switches: if the policy prefers a woken thread.
  void Set();
  void Clear();
  bool IsSet() const;
  // Waits for the flag. Switches: if it has to wait.
  WaitResult Wait(const WaitOptions& options = {});

 private:
  mutable internal::BiasedLock lock_;
  bool set_ = false;
  const Reset reset_;
  internal::WaitList waiters_;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_EVENT_H_
