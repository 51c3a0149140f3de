#include "signals/preempt.h"

#include "signals/cpu.h"

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
    // As a pending interrupt, it waits for IrqRestore.
    if (head.current->irq_off != 0) return;
    head.preempt_count = 1;
    head.need_resched = 0;
    cpu->reschedule(cpu, RescheduleFrom::kGuard);
    head.preempt_count = 0;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
}

}  // namespace jiffy::signals
