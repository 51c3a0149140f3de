// All that runs in the handler of the tick signal, but for the call up. A test
// holds this object file's undefined symbols against an allow-list.

#include <signal.h>
#include <ucontext.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "arch/context.h"
#include "signals/cpu.h"
#include "signals/handler_state.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

// The linker names the ends of the section that holds the handler's code.
extern "C" {
extern const char __start_jiffy_irq_text[];
extern const char __stop_jiffy_irq_text[];
}

namespace jiffy::signals {

HandlerState handler_state;

namespace {

#define JIFFY_IRQ_TEXT __attribute__((noinline, section("jiffy_irq_text")))

// Whether the interrupted code is what the handler itself runs after it was
// resumed: question 3. That is its own, and the code it returns to, libc's or
// the kernel's, that makes the system call rt_sigreturn.
bool InHandlerTail(uintptr_t pc, uintptr_t return_address) {
  // Load a number, make the call.
  constexpr size_t kLongestSigreturn = 16;
  return (pc >= reinterpret_cast<uintptr_t>(__start_jiffy_irq_text) &&
          pc < reinterpret_cast<uintptr_t>(__stop_jiffy_irq_text)) ||
         pc - return_address < kLongestSigreturn;
}

// Questions 2 to 5 of handler.h.
bool SafeHereInHandler(Cpu& cpu, const TaskHead& task, const ucontext_t* uc,
                       uintptr_t return_address) {
  const uintptr_t sp = arch::InterruptedSp(uc);
  if (sp < task.stack_low || sp >= task.stack_high) return false;
  const uintptr_t pc = arch::InterruptedPc(uc);
  if (InHandlerTail(pc, return_address)) return false;
  const TextRanges& text = handler_state.text;
  if (cpu.shared_tls) return text.program.Contains(pc);
  if (text.libc.Contains(pc) || text.loader.Contains(pc)) {
    return WaitsInKernel(uc) || (!kPreemptsInProgram &&
                                 ++cpu.deferrals > handler_state.max_deferrals);
  }
  return !kPreemptsInProgram || text.program.Contains(pc);
}

// Whether a task that holds guards of its own, but none of the runtime's, waits
// in the kernel for a lock of libc's, whose holder was preempted: then it must
// give the CPU up, or both wait for ever. It is taken to wait if it is seen at
// the same system call several times in a row.
bool StuckInKernelInHandler(Cpu& cpu, const ucontext_t* uc) {
  constexpr uint32_t kEnough = 3;
  const uintptr_t pc = arch::InterruptedPc(uc);
  const uintptr_t sp = arch::InterruptedSp(uc);
  const TextRanges& text = handler_state.text;
  if ((!text.libc.Contains(pc) && !text.vdso.Contains(pc)) ||
      !arch::AtSystemCall(pc)) {
    cpu.parked_times = 0;
    return false;
  }
  if (cpu.parked_pc != pc || cpu.parked_sp != sp) cpu.parked_times = 0;
  cpu.parked_pc = pc;
  cpu.parked_sp = sp;
  if (++cpu.parked_times < kEnough) {
    cpu.timers.ArmDeferInHandler();
    return false;
  }
  cpu.parked_times = 0;
  return true;
}

// Whether the handler may call what ThreadSanitizer might see: the interrupted
// code is the program's, under guards of its own or none, not ThreadSanitizer's
// nor the runtime's between two of its calls; or it waits in the kernel, as an
// idle worker does (thread_sanitizer.h).
bool MayCallOutInHandler(const TaskHead& head, const ucontext_t* uc) {
  if constexpr (kThreadSanitizer) {
    const uintptr_t pc = arch::InterruptedPc(uc);
    const TextRanges& text = handler_state.text;
    return text.program.Contains(pc)
               ? head.preempt_count == head.current->user_guards
               : text.libc.Contains(pc) && WaitsInKernel(uc);
  }
  return true;
}

// Whether the signal, which no timer of ours sent, was the runtime's. Where
// that cannot be dealt with, a later tick stands for it.
bool ForeignInHandler(Cpu& cpu, const TaskHead& head, const siginfo_t* info,
                      const ucontext_t* uc) {
  if (cpu.foreign_signal == nullptr) return false;
  if (!MayCallOutInHandler(head, uc) && info->si_code == SI_QUEUE) {
    cpu.requested = true;
    cpu.timers.ArmDeferInHandler();
    return true;
  }
  return cpu.foreign_signal(&cpu, info);
}

// Passes a signal that no timer of ours sent to the handler that was there
// before. With the default action it is dropped: a stray SIGALRM must not kill
// a program whose timer it resembles.
void ChainInHandler(int signal, siginfo_t* info, void* ucontext) {
  const struct sigaction& old = handler_state.old_action;
  if ((old.sa_flags & SA_SIGINFO) != 0) {
    if (old.sa_sigaction != nullptr) old.sa_sigaction(signal, info, ucontext);
  } else if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) {
    old.sa_handler(signal);
  }
}

// Notes what the signal says. Returns whether it is one of ours.
bool NoteInHandler(Cpu& cpu, const siginfo_t* info) {
  int overrun;
  switch (cpu.timers.KindInHandler(info, &overrun)) {
    case TimerKind::kNone:
      return false;
    case TimerKind::kTick:
      cpu.ticks_seen = cpu.ticks_seen + 1 + static_cast<uint64_t>(overrun);
      cpu.noted = true;
      return true;
    case TimerKind::kWakeup:
      cpu.wakeup_due = true;
      cpu.noted = true;
      return true;
    case TimerKind::kDefer:
      return true;
  }
  return false;
}

}  // namespace

// From the first reset of preempt_count on, this runs unmasked if another task
// resumed us by a cooperative switch; hence the section of its own.
JIFFY_IRQ_TEXT void jiffy_tick_in_handler(int signal, siginfo_t* info,
                                          void* ucontext) {
  const int saved_errno = errno;
  TaskHead& head = task_frame.head;
  Cpu* cpu = head.cpu;
  if (cpu == nullptr || !NoteInHandler(*cpu, info)) {
    if (cpu == nullptr ||
        !ForeignInHandler(*cpu, head, info,
                          static_cast<const ucontext_t*>(ucontext))) {
      ChainInHandler(signal, info, ucontext);
    }
    errno = saved_errno;
    return;
  }
  const auto* uc = static_cast<const ucontext_t*>(ucontext);
  if (cpu->requested && MayCallOutInHandler(head, uc)) [[unlikely]] {
    cpu->requested = false;
    cpu->foreign_signal(cpu, nullptr);
  }
  head.need_resched = 1;
  const uint32_t count = head.preempt_count;
  if (count != 0 && (count != head.current->user_guards ||
                     !StuckInKernelInHandler(*cpu, uc))) {
    ++cpu->guarded_ticks;
    if (cpu->guarded_tick != nullptr) {
      cpu->guarded_tick(cpu, MayCallOutInHandler(head, uc));
    }
  } else if (!SafeHereInHandler(
                 *cpu, *head.current, uc,
                 reinterpret_cast<uintptr_t>(__builtin_return_address(0)))) {
    ++cpu->deferred_ticks;
    cpu->timers.ArmDeferInHandler();
  } else {
    do {
      head.preempt_count = count + 1;
      head.need_resched = 0;
      cpu->reschedule(cpu, RescheduleFrom::kHandler);
      // Maybe much later, on another CPU. Leaving the handler unmasks.
      cpu = head.cpu;
      cpu->masked = false;
      head.preempt_count = count;
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } while (head.need_resched != 0 && count == 0);
  }
  errno = saved_errno;
}

}  // namespace jiffy::signals
