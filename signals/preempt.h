// Turns preemption on and off: preempt_count, need_resched, and the head of the
// task's control block that holds them.
//
// This is the kernel's preempt_count, in user space. A task whose count is
// above zero is not preempted: a tick sets need_resched, and the PreemptEnable
// that brings the count back to zero reschedules. No tick is lost. Only the
// task and the signal handler that interrupts it access the two fields, so
// plain loads and stores suffice:
//
//   preempt_count  the handler leaves it as it found it, so a read-modify-write
//                  of the task may be interrupted anywhere;
//   need_resched   the handler only stores 1, the task only stores 0, before it
//                  looks at what there is to do.
#ifndef JIFFY_SIGNALS_PREEMPT_H_
#define JIFFY_SIGNALS_PREEMPT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "arch/context.h"
#include "signals/race.h"

namespace jiffy::signals {

struct Cpu;

// Bits of TaskHead::signal_flags. A task without flags has the CPU's own mask
// and alternate stack (Cpu::plain_mask) and needs no work at a switch.
//
// The task has blocked the tick signal (IrqSave).
inline constexpr uint32_t kIrqOff = 1;
// The task may have its own mask or alternate stack
// (runtime/core/own_signals.h).
inline constexpr uint32_t kOwnMask = 2;
inline constexpr uint32_t kOwnAlternateStack = 4;
// The program asked to block the tick signal, which stays unblocked.
inline constexpr uint32_t kClaimsTick = 8;

// The head of a task's control block: the fields that the switch and the
// interrupt entry use. Every yield uses the first cache line.
struct TaskHead {
  // The task, while it is suspended.
  arch::Context context;
  // Nesting depth of PreemptDisable.
  volatile uint32_t preempt_count;
  // The levels of preempt_count that the program's own guards hold.
  volatile uint32_t user_guards;
  // The CPU that runs the task or ran it last; nullptr in an OS thread that
  // serves no runtime.
  Cpu* volatile cpu;
  // The control block of the current task: this one if tasks have their own TLS
  // blocks, else that of the task that now uses the OS thread's block.
  TaskHead* volatile current;
  // Whether leaving the outermost guard must reschedule.
  volatile uint32_t need_resched;
  // How the task's signal state differs from the CPU's; see kIrqOff.
  volatile uint32_t signal_flags;

  // Bounds of the task's stack; both 0 if unknown.
  uintptr_t stack_low;
  uintptr_t stack_high;

#if defined(JIFFY_TSAN)
  // The task's ThreadSanitizer fiber.
  void* fiber;
#endif

  // Returns whether need_resched or any of signal_flags is set, by one load.
  bool ReschedulesOrHasSignals() const {
    uint64_t both;
    memcpy(
        &both,
        reinterpret_cast<const char*>(this) + offsetof(TaskHead, need_resched),
        sizeof both);
    return both != 0;
  }
  // Returns signal_flags, as the operand of one instruction.
  uint32_t SignalFlags() const {
    uint32_t flags;
    memcpy(
        &flags,
        reinterpret_cast<const char*>(this) + offsetof(TaskHead, signal_flags),
        sizeof flags);
    return flags;
  }
};
static_assert(offsetof(TaskHead, signal_flags) ==
                  offsetof(TaskHead, need_resched) + sizeof(uint32_t),
              "need_resched and signal_flags are read by one load");
static_assert(offsetof(TaskHead, stack_low) <= 64,
              "the hot part of TaskHead is one cache line");

// A control block in TLS: the head, and room for the fields of the layer above
// (runtime/core/task.h lays its Task over the whole block).
struct alignas(64) TaskFrame {
#if defined(JIFFY_TSAN)
  static constexpr size_t kSize = 512;
#else
  static constexpr size_t kSize = 448;
#endif
  static constexpr size_t kRoom = kSize - sizeof(TaskHead);
  TaskHead head;
  std::byte room[kRoom];
};
static_assert(sizeof(TaskFrame) == TaskFrame::kSize &&
                  TaskFrame::kSize % 64 == 0,
              "TaskFrame is whole cache lines");

// The control block of the running green thread, or of the OS thread outside of
// green threads. Initial-exec, because a signal handler must not look up,
// allocate or lock.
extern constinit thread_local TaskFrame task_frame
    __attribute__((tls_model("initial-exec")));

// Reschedules because a tick asked for it while preemption was off.
void PreemptEnableSlow();

// Disables preemption of the calling task; calls nest. Context: anywhere.
// Switches: no.
JIFFY_UNINSTRUMENTED inline void PreemptDisable() {
  TaskHead& head = task_frame.head;
  head.preempt_count = head.preempt_count + 1;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  BeginUnseen();
}

// Undoes one PreemptDisable. Switches: if it undoes the outermost one and a
// tick came meanwhile.
JIFFY_UNINSTRUMENTED inline void PreemptEnable() {
  EndUnseen();
  std::atomic_signal_fence(std::memory_order_seq_cst);
  TaskHead& head = task_frame.head;
  const uint32_t count = head.preempt_count - 1;
  head.preempt_count = count;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (count == 0 && head.need_resched != 0) [[unlikely]] {
    PreemptEnableSlow();
  }
}

// Keeps the calling task from being preempted while in scope. For the runtime,
// which must not wait in the kernel or take a libc lock meanwhile.
class PreemptGuard {
 public:
  PreemptGuard() { PreemptDisable(); }
  ~PreemptGuard() { PreemptEnable(); }
  PreemptGuard(const PreemptGuard&) = delete;
  PreemptGuard& operator=(const PreemptGuard&) = delete;
};

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_PREEMPT_H_
