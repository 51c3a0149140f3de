// Lets other threads read a run while it exists.
#ifndef JIFFY_RUNTIME_MACHINE_MACHINE_VIEW_H_
#define JIFFY_RUNTIME_MACHINE_MACHINE_VIEW_H_

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "runtime/core/fork.h"
#include "runtime/core/machine.h"
#include "runtime/stats.h"
#include "signals/race.h"

namespace jiffy::internal {

// A run that other threads can read while it exists.
class MachineView {
 public:
  // Shows `machine`, or none. When this returns, nobody reads the former one.
  // Context: OS thread, no run under way that has green threads left.
  void Show(const Machine* machine) {
    if (machine_.exchange(machine) == nullptr) return;
    while (BaseOf(readers_) == NoReaders() && readers_ != NoReaders()) {
      sched_yield();
    }
    signals::Acquired(this);
  }
  // Shows none. Context: the child of a fork.
  void Forget() { machine_ = nullptr; }
  // Context: any thread.
  RuntimeStats Stats() const {
    // Show does not wait for readers that come later, or readers in turn could
    // delay it for ever.
    if (machine_ == nullptr) return RuntimeStats();
    Enter();
    const Machine* machine = machine_;
    const RuntimeStats stats =
        machine == nullptr ? RuntimeStats() : machine->Stats();
    signals::Released(this);
    readers_--;
    return stats;
  }

 private:
  // Readers are counted from a base that each fork changes, so readers that a
  // fork left behind do not count.
  static uint64_t NoReaders() { return uint64_t{ForkGeneration()} << 32; }
  static uint64_t BaseOf(uint64_t readers) { return readers >> 32 << 32; }
  void Enter() const {
    uint64_t seen = readers_;
    uint64_t base;
    do {
      base = BaseOf(seen) == NoReaders() ? seen : NoReaders();
    } while (!readers_.compare_exchange_weak(seen, base + 1));
  }

  std::atomic<const Machine*> machine_{nullptr};
  mutable std::atomic<uint64_t> readers_{0};
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_MACHINE_MACHINE_VIEW_H_
