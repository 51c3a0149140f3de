// Signal sets that the program passes to a call, corrected for the runtime's
// own signals.
#ifndef JIFFY_RUNTIME_INTERPOSE_CALL_MASK_H_
#define JIFFY_RUNTIME_INTERPOSE_CALL_MASK_H_

#include <signal.h>

#include <cstdint>

#include "signals/cpu.h"
#include "signals/preempt.h"
#include "signals/signal_mask.h"

namespace jiffy::interpose {

// A copy of the set that a call was given, if any. Context: green thread.
class CallSet {
 public:
  // nullptr if none was given.
  const sigset_t* get() const { return given_ ? &set_ : nullptr; }

 protected:
  CallSet(const sigset_t* set, uint64_t removed, uint64_t added)
      : given_(set != nullptr) {
    if (!given_) return;
    set_ = *set;
    signals::SetMaskOf(set_, (signals::MaskOf(*set) & ~removed) | added);
  }
  static uint64_t Tick() {
    return signals::SignalBit(signals::task_frame.head.cpu->signal);
  }

 private:
  sigset_t set_;
  const bool given_;
};

// Signals that a call takes, without the tick's signal.
class TakenSignals : public CallSet {
 public:
  explicit TakenSignals(const sigset_t* set) : CallSet(set, Tick(), 0) {}
};

// The signal mask during a call. Ticks stay unblocked, except for a thread that
// holds them off (IrqSave). So do faults: the tick's handler runs under this
// mask until it has switched, and the kernel kills a process that faults with
// the signal blocked.
class CallMask : public CallSet {
 public:
  explicit CallMask(const sigset_t* mask)
      : CallSet(
            mask,
            Tick() | signals::SignalBit(SIGSEGV) | signals::SignalBit(SIGBUS),
            HoldsTicksOff() ? Tick() : 0) {}

 private:
  static bool HoldsTicksOff() {
    return (signals::task_frame.head.current->signal_flags &
            signals::kIrqOff) != 0;
  }
};

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_CALL_MASK_H_
