// Sets of signals that the program gives to a call, without what is the
// runtime's.
#ifndef JIFFY_RUNTIME_INTERPOSE_CALL_MASK_H_
#define JIFFY_RUNTIME_INTERPOSE_CALL_MASK_H_

#include <signal.h>

#include <cstdint>

#include "signals/cpu.h"
#include "signals/preempt.h"
#include "signals/signal_mask.h"

namespace jiffy::interpose {

// A copy of a set that a call may have been given. Context: green thread.
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

// What a call is to take, without the tick's signal.
class TakenSignals : public CallSet {
 public:
  explicit TakenSignals(const sigset_t* set) : CallSet(set, Tick(), 0) {}
};

// The mask for the time of a call. Ticks come meanwhile, but for a thread that
// holds them off (IrqSave). So do faults: the tick's handler runs under this
// mask until it has switched, and the kernel kills who faults with the signal
// blocked.
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
