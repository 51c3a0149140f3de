#include "signals/preempt.h"

#include <cstdint>

#include "signals/cpu.h"
#include "signals/deferral.h"
#include "signals/signal_mask.h"

namespace jiffy::signals {

constinit thread_local TaskFrame task_frame = {};

void PreemptEnableSlow() {
  TaskHead& head = task_frame.head;
  while (head.preempt_count == 0 && head.need_resched != 0) {
    Cpu* cpu = head.cpu;
    if (cpu == nullptr) {
      head.need_resched = 0;
      return;
    }
    // Like a pending interrupt, the request waits for IrqRestore.
    if ((head.current->signal_flags & kIrqOff) != 0) return;
    // A handler of the program runs on a stack that other tasks need too: the
    // tick after it switches.
    if (IsOn(cpu->plain_alternate_stack,
             reinterpret_cast<uintptr_t>(__builtin_frame_address(0))))
        [[unlikely]] {
      PutOffInHandler(*cpu);
      return;
    }
    head.preempt_count = 1;
    head.need_resched = 0;
    cpu->reschedule(cpu, RescheduleFrom::kGuard);
    head.preempt_count = 0;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
}

}  // namespace jiffy::signals
