// All code that runs in the tick signal's handler, except the call into the
// scheduler. A test checks this object file's undefined symbols against an
// allow-list.

#include <signal.h>
#include <ucontext.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "arch/context.h"
#include "signals/cpu.h"
#include "signals/deferral.h"
#include "signals/handler_state.h"
#include "signals/interrupted.h"
#include "signals/preempt.h"
#include "signals/program_action.h"
#include "signals/sanitizer.h"
#include "signals/signal_mask.h"
#include "signals/steal_meter.h"
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

// Returns whether the interrupted code is what a resumed handler runs
// (condition 3): its own code, or the code it returns to, in libc or the
// kernel, which makes the system call rt_sigreturn.
bool InHandlerTail(uintptr_t pc, uintptr_t return_address) {
  // Two instructions: load the number, make the call.
  constexpr size_t kLongestSigreturn = 16;
  return (pc >= reinterpret_cast<uintptr_t>(__start_jiffy_irq_text) &&
          pc < reinterpret_cast<uintptr_t>(__stop_jiffy_irq_text)) ||
         pc - return_address < kLongestSigreturn;
}

// Returns whether the interrupted code runs on the alternate stack; the frame
// has its bounds.
bool OnAlternateStack(const ucontext_t* uc, uintptr_t sp) {
  const stack_t& stack = uc->uc_stack;
  return (stack.ss_flags & SS_DISABLE) == 0 &&
         sp - reinterpret_cast<uintptr_t>(stack.ss_sp) <= stack.ss_size;
}

// Returns how many ticks in a row have found the task at this system call.
uint32_t TimesAtCallInHandler(Cpu& cpu, const ucontext_t* uc) {
  const uintptr_t pc = arch::InterruptedPc(uc);
  const uintptr_t sp = arch::InterruptedSp(uc);
  if (cpu.parked_pc != pc || cpu.parked_sp != sp) cpu.parked_times = 0;
  cpu.parked_pc = pc;
  cpu.parked_sp = sp;
  return ++cpu.parked_times;
}

// Returns whether a task in libc or ld.so may be preempted: it waits in the
// kernel, has just waited, or has been in the library too long. A task found at
// a system call may not have made it yet, and the call may not block (mprotect
// under malloc's lock). So two ticks must find it there, except for a futex
// wait, whose word is checked.
bool SafeInLibraryInHandler(Cpu& cpu, const ucontext_t* uc, uintptr_t pc) {
  if (kPreemptsInProgram) return WaitsInKernel(uc);
  if (handler_state.acts_in_libc) return true;
  if (arch::AtSystemCall(pc)) {
    const FutexWait wait = FutexWaitInHandler(uc);
    return wait.word != nullptr ? StillWaitsInHandler(wait)
                                : TimesAtCallInHandler(cpu, uc) > 1;
  }
  return arch::EndedSystemCall(uc, pc) || LongInLibraryInHandler(cpu, uc);
}

// Returns whether conditions 2 to 5 of handler.h hold.
bool SafeHereInHandler(Cpu& cpu, const TaskHead& task, const ucontext_t* uc,
                       bool in_program, uintptr_t return_address) {
  const uintptr_t sp = arch::InterruptedSp(uc);
  if ((sp < task.stack_low || sp >= task.stack_high) &&
      (kPreemptsInProgram || OnAlternateStack(uc, sp))) {
    return false;
  }
  const uintptr_t pc = arch::InterruptedPc(uc);
  if (InHandlerTail(pc, return_address)) return false;
  const TextRanges& text = handler_state.text;
  if (in_program) return true;
  if (cpu.shared_tls) return false;
  if (text.libc.Contains(pc) || text.loader.Contains(pc)) {
    return SafeInLibraryInHandler(cpu, uc, pc);
  }
  return !kPreemptsInProgram;
}

// Returns whether a task that holds guards of its own, but none of the runtime,
// waits in the kernel for a libc lock whose preempted holder needs the CPU.
// Such a task must give up the CPU, or both wait for ever. It counts as waiting
// if several looks in a row find it at the same system call, or if the word of
// its futex wait says so.
bool StuckInKernelInHandler(Cpu& cpu, const ucontext_t* uc) {
  constexpr uint32_t kEnough = 3;
  const uintptr_t pc = arch::InterruptedPc(uc);
  const TextRanges& text = handler_state.text;
  if ((!text.libc.Contains(pc) && !text.vdso.Contains(pc)) ||
      !arch::AtSystemCall(pc)) {
    cpu.parked_times = 0;
    return false;
  }
  const FutexWait wait = FutexWaitInHandler(uc);
  const bool waits = wait.word != nullptr
                         ? StillWaitsInHandler(wait)
                         : TimesAtCallInHandler(cpu, uc) >= kEnough;
  if (!waits) {
    PutOffInHandler(cpu);
    return false;
  }
  cpu.parked_times = 0;
  return true;
}

// Returns whether the handler may call code that ThreadSanitizer sees. The
// interrupted code must be the program's, under its own guards or none (not
// ThreadSanitizer's, nor the runtime's between two calls to ThreadSanitizer),
// or wait in the kernel, as an idle worker does (thread_sanitizer.h).
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

// Handles a signal that no timer of ours sent. Returns whether it was meant for
// the runtime. If it cannot be handled here, a later tick handles it.
bool ForeignInHandler(Cpu& cpu, const TaskHead& head, const siginfo_t* info,
                      const ucontext_t* uc) {
  if (cpu.foreign_signal == nullptr) return false;
  if (!MayCallOutInHandler(head, uc) && info->si_code == SI_QUEUE) {
    cpu.requested = true;
    PutOffInHandler(cpu);
    return true;
  }
  return cpu.foreign_signal(&cpu, info);
}

// Reports that one of our signals may have interrupted a system call in libc. A
// call that the kernel restarts has not ended: the PC is before it.
void TellCallEndedInHandler(const Cpu& cpu, const ucontext_t* uc) {
  const uintptr_t pc = arch::InterruptedPc(uc);
  if (handler_state.text.libc.Contains(pc) && arch::AfterSystemCall(pc) &&
      cpu.call_ended != nullptr) {
    cpu.call_ended();
  }
}

// The next three functions end a tick, except for the switch. They are out of
// line so that the handler saves fewer registers.
//
// Ends a tick that finds preemption off.
[[gnu::noinline]] void PassGuardedInHandler(Cpu& cpu, const TaskHead& head,
                                            const ucontext_t* uc) {
  ++cpu.guarded_ticks;
  TellCallEndedInHandler(cpu, uc);
  if (cpu.guarded_tick != nullptr) {
    cpu.guarded_tick(&cpu, MayCallOutInHandler(head, uc));
  }
}

// Defers a tick where preemption is not safe.
[[gnu::noinline]] void DeferInHandler(Cpu& cpu, const ucontext_t* uc) {
  ++cpu.deferred_ticks;
  TellCallEndedInHandler(cpu, uc);
  PutOffInHandler(cpu);
}

// Notes where the task is preempted outside the program's own text.
[[gnu::noinline]] void NotePlaceInHandler(Cpu& cpu, const ucontext_t* uc) {
  TellCallEndedInHandler(cpu, uc);
  cpu.interrupted = InterruptedInHandler(uc);
}

// Passes a signal that no timer of ours sent to the previous handler, which
// runs as if the kernel had called it, with its own mask and flags. If the
// previous action is the default, drops the signal: a stray SIGALRM must not
// kill the program.
void ChainInHandler(Cpu* cpu, int signal, siginfo_t* info, ucontext_t* uc) {
  struct sigaction& action = handler_state.old_action;
  if (!HasHandler(action)) return;
  const uint64_t entered = MaskOf(uc->uc_sigmask) | SignalBit(signal);
  const uint64_t wanted =
      HandlerMaskInHandler(action, signal, signal, MaskOf(uc->uc_sigmask));
  const uint64_t before =
      wanted == entered ? entered : ChangeKernelMask(SIG_SETMASK, wanted);
  // If the handler switches, or leaves by a jump that does not restore the
  // mask, the next cooperative switch unmasks.
  const bool masked = (wanted & SignalBit(signal)) != 0;
  if (cpu != nullptr && masked) cpu->masked = kMaskOther;
  CallHandlerOnItsStackInHandler(action, signal, info, uc);
  if (wanted != entered) ChangeKernelMask(SIG_SETMASK, before);
  if (cpu != nullptr && masked) task_frame.head.cpu->masked = kMaskRight;
}

// Before other tasks run, unblocks fault signals that the program's interrupted
// handler had blocked: the kernel kills a process that faults with the signal
// blocked. The return from the tick's handler blocks them again.
void UnblockFaultsInHandler(const ucontext_t* uc) {
  const uint64_t faults = SignalBit(SIGSEGV) | SignalBit(SIGBUS);
  if ((MaskOf(uc->uc_sigmask) & faults) == 0) [[likely]] {
    return;
  }
  ChangeKernelMask(SIG_UNBLOCK, faults);
}

// Counts a tick and the `late` ones that expired before it undelivered. If the
// late ones are a millisecond or more, counts the stolen ones apart.
__attribute__((noinline)) void CountLateInHandler(Cpu& cpu, uint64_t late) {
  const int64_t tick_ns = cpu.timers.period_ns();
  // Less is not worth a system call. If the handler takes as long as the tick
  // (in an emulator), one more system call would leave no time for tasks.
  constexpr int64_t kShortNs = 1'000'000;
  if (static_cast<int64_t>(late) < kShortNs / tick_ns) {
    cpu.ticks_seen += 1 + late;
    return;
  }
  // The most ticks that a task can be charged at once.
  constexpr uint64_t kMostCharged = uint64_t{1} << 30;
  uint64_t stolen =
      cpu.steal_meter.ReadLate(cpu.ticks_delivered() + 1 + late, late, tick_ns);
  if (late - stolen > kMostCharged) stolen = late - kMostCharged;
  cpu.ticks_seen += 1 + late - stolen;
  cpu.ticks_stolen += stolen;
  cpu.clock_begin_ns += static_cast<int64_t>(stolen) * tick_ns;
}

// Notes that the interrupted task may have its own mask, set by no call that we
// see, so that a cooperative switch keeps it.
void NoteMaskInHandler(TaskHead& task) {
  task.signal_flags = task.signal_flags | kOwnMask;
}

// Records what the signal reports. Returns whether it is one of ours.
bool NoteInHandler(Cpu& cpu, const siginfo_t* info) {
  switch (cpu.timers.KindInHandler(info)) {
    case TimerKind::kNone:
      return false;
    case TimerKind::kTick:
      if (info->si_overrun > 0) [[unlikely]] {
        CountLateInHandler(cpu, static_cast<uint64_t>(info->si_overrun));
      } else {
        const uint64_t seen = cpu.ticks_seen + 1;
        cpu.ticks_seen = seen;
        if (seen % StealMeter::kReadEvery == 0) [[unlikely]] {
          cpu.steal_meter.Read(cpu.ticks_delivered());
        }
      }
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

// After the first reset of preempt_count, this runs unmasked if another task
// resumed us by a cooperative switch; hence its own section (condition 3).
JIFFY_IRQ_TEXT void jiffy_tick_in_handler(int signal, siginfo_t* info,
                                          void* ucontext) {
  const int saved_errno = errno;
  TaskHead& head = task_frame.head;
  Cpu* cpu = head.cpu;
  if (cpu == nullptr || !NoteInHandler(*cpu, info)) {
    if (cpu == nullptr ||
        !ForeignInHandler(*cpu, head, info,
                          static_cast<const ucontext_t*>(ucontext))) {
      ChainInHandler(cpu, signal, info, static_cast<ucontext_t*>(ucontext));
    } else {
      TellCallEndedInHandler(*cpu, static_cast<const ucontext_t*>(ucontext));
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
  const bool in_program =
      handler_state.text.program.Contains(arch::InterruptedPc(uc));
  const uint32_t count = head.preempt_count;
  if (count != 0 && (count != head.current->user_guards ||
                     !StuckInKernelInHandler(*cpu, uc))) {
    PassGuardedInHandler(*cpu, head, uc);
  } else if (!SafeHereInHandler(
                 *cpu, *head.current, uc, in_program,
                 reinterpret_cast<uintptr_t>(__builtin_return_address(0)))) {
    DeferInHandler(*cpu, uc);
  } else {
    if (MaskOf(uc->uc_sigmask) != cpu->plain_mask) [[unlikely]] {
      NoteMaskInHandler(*head.current);
      UnblockFaultsInHandler(uc);
    }
    do {
      head.preempt_count = count + 1;
      head.need_resched = 0;
      if (!in_program) [[unlikely]] {
        NotePlaceInHandler(*cpu, uc);
      }
      cpu->reschedule(cpu, RescheduleFrom::kHandler);
      // Maybe much later, on another CPU. The return from the handler unmasks.
      cpu = head.cpu;
      cpu->masked = kMaskRight;
      head.preempt_count = count;
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } while (head.need_resched != 0 && count == 0);
  }
  errno = saved_errno;
}

}  // namespace jiffy::signals
