// sigaction and signal: the program's handlers are entered through a function
// of ours. So a green thread inside a handler may wait, post and be preempted,
// as an OS thread may.
//
// The kernel chooses a handler's mask and stack when it enters the handler, and
// does not tell the runtime. So the entry
//   - marks the thread (own_signals.h): a switch inside the handler keeps the
//     handler's mask for this thread and gives other threads their own. If the
//     handler leaves by a jump, the mark may stay; a later switch asks the
//     kernel and drops it;
//   - unblocks the tick's signal if the handler's sa_mask blocks it: a handler
//     is preempted like other code;
//   - chooses the stack. The kernel is told of SA_ONSTACK for faults only: a
//     thread that has set no alternate stack has the worker's in the kernel,
//     which is for faults and shared by all such threads. Their handlers stay
//     on the thread's own stack, as POSIX says; a thread that has set an
//     alternate stack runs its handlers there.
//
// The runtime installs its own handlers while it holds guards of its own, and
// so is recognised; they are entered directly.

#include "runtime/interpose/handler.h"

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "arch/context.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/native.h"
#include "signals/cpu.h"
#include "signals/preempt.h"
#include "signals/signal_mask.h"

namespace jiffy::interpose {
namespace {

using signals::Cpu;
using signals::kOwnAlternateStack;
using signals::kOwnMask;
using signals::SignalBit;
using signals::TaskHead;

using Handler = void (*)(int, siginfo_t*, void*);

// A handler as the program set it. In force if the kernel's handler for the
// signal is ours.
struct Action {
  std::atomic<Handler> handler{nullptr};
  std::atomic<int> flags{0};
  std::atomic<uint64_t> mask{0};
};
constinit Action actions[_NSIG];

void Mark(uint32_t flags) {
  TaskHead& task = *signals::task_frame.head.current;
  task.signal_flags = task.signal_flags | flags;
}

// SS_AUTODISARM, which libc does not name.
constexpr unsigned kAutoDisarm = 1u << 31;

// Arguments for calling a handler on another stack.
struct CallThere {
  arch::Context caller = {};
  arch::Context callee = {};
  Handler handler;
  int signal;
  siginfo_t* info;
  ucontext_t* uc;
};

arch::Context* CallHandler(arch::Context* callee) {
  auto& call = *reinterpret_cast<CallThere*>(reinterpret_cast<char*>(callee) -
                                             offsetof(CallThere, callee));
  call.handler(call.signal, call.info, call.uc);
  return &call.caller;
}

// Returns the alternate stack that the handler is to run on, or nullptr if it
// stays on the stack that the signal interrupted.
const stack_t* StackFor(const Action& action, const ucontext_t& uc) {
  if ((action.flags.load(std::memory_order_relaxed) & SA_ONSTACK) == 0) {
    return nullptr;
  }
  // The stack that the kernel has for this thread.
  const stack_t& stack = uc.uc_stack;
  const Cpu* cpu = signals::task_frame.head.cpu;
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if ((stack.ss_flags & SS_DISABLE) != 0 || signals::IsOn(stack, here) ||
      (cpu != nullptr && stack.ss_sp == cpu->plain_alternate_stack.ss_sp)) {
    return nullptr;
  }
  return &stack;
}

void Call(int signal, const Action& action, siginfo_t* info, ucontext_t* uc) {
  const Handler handler = action.handler.load(std::memory_order_relaxed);
  const stack_t* stack = StackFor(action, *uc);
  if (stack == nullptr) {
    handler(signal, info, uc);
    return;
  }
  if ((static_cast<unsigned>(stack->ss_flags) & kAutoDisarm) != 0) {
    // Disabled until the signal frame restores it.
    stack_t off = {};
    off.ss_flags = SS_DISABLE;
    signals::KernelAlternateStack(&off, nullptr);
  }
  CallThere call = {
      .handler = handler, .signal = signal, .info = info, .uc = uc};
  const uintptr_t top =
      reinterpret_cast<uintptr_t>(stack->ss_sp) + stack->ss_size;
  arch::InitContext(call.callee, reinterpret_cast<void*>(top),
                    arch::ThreadPointer(), &CallHandler);
  arch::jiffy_switch_shared(&call.caller, &call.callee);
}

// Faults and raise() are for the running thread. Other signals to a single
// thread are for that thread only, too, as far as the kernel tells.
SentTo TargetOf(int signal, const siginfo_t& info) {
  const bool is_fault =
      (SignalBit(signal) & signals::kFaultSignals) != 0 && info.si_code > 0;
  return is_fault || info.si_code == SI_TKILL ? SentTo::kThread
                                              : SentTo::kProcess;
}

// Enters a handler in a green thread that may be switched away from.
void EnterInGreenThread(int signal, const Action& action, siginfo_t* info,
                        ucontext_t* uc, SentTo target) {
  const int saved_errno = errno;
  const Cpu& cpu = *signals::task_frame.head.cpu;
  Mark(kOwnMask);
  const uint64_t tick = SignalBit(cpu.signal);
  if ((action.mask.load(std::memory_order_relaxed) & tick) != 0 &&
      (signals::MaskOf(uc->uc_sigmask) & tick) == 0) {
    signals::ChangeKernelMask(SIG_UNBLOCK, tick);
  }
  errno = saved_errno;
  Call(signal, action, info, uc);
  TellHandlerHasRun(signal, target);
  // The handler may have changed what the signal frame restores.
  Mark(kOwnMask);
  if (uc->uc_stack.ss_sp != cpu.plain_alternate_stack.ss_sp) {
    Mark(kOwnAlternateStack);
  }
}

extern "C" void jiffy_enter_handler(int signal, siginfo_t* info,
                                    void* ucontext) {
  const Action& action = actions[signal];
  auto* uc = static_cast<ucontext_t*>(ucontext);
  const SentTo target = TargetOf(signal, *info);
  if (CallerIsGreen()) {
    EnterInGreenThread(signal, action, info, uc, target);
  } else {
    Call(signal, action, info, uc);
    TellHandlerHasRun(signal, target);
  }
}

// Whether the runtime calls: it holds guards that are not the program's.
bool RuntimeCalls() {
  const TaskHead& head = signals::task_frame.head;
  const TaskHead& task = head.cpu == nullptr ? head : *head.current;
  return head.preempt_count != task.user_guards;
}

bool IsHandler(const struct sigaction& action) {
  return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

void Keep(Action& kept, const struct sigaction& action) {
  kept.handler.store(action.sa_sigaction, std::memory_order_relaxed);
  kept.flags.store(action.sa_flags, std::memory_order_relaxed);
  kept.mask.store(signals::MaskOf(action.sa_mask), std::memory_order_relaxed);
}

// Sets the fields of `action` that the kernel keeps changed to the values that
// the program set.
void RestoreAsked(const struct sigaction& asked, struct sigaction* action) {
  action->sa_sigaction = asked.sa_sigaction;
  constexpr int kOurs = SA_SIGINFO | SA_ONSTACK;
  action->sa_flags = (action->sa_flags & ~kOurs) | (asked.sa_flags & kOurs);
}

int SetAction(int signal, const struct sigaction* action,
              struct sigaction* old) {
  const Native& libc = Libc();
  if (signal <= 0 || signal >= _NSIG || RuntimeCalls()) {
    return libc.sigaction(signal, action, old);
  }
  Action& kept = actions[signal];
  struct sigaction before = {};
  before.sa_sigaction = kept.handler.load(std::memory_order_relaxed);
  before.sa_flags = kept.flags.load(std::memory_order_relaxed);
  signals::SetMaskOf(before.sa_mask, kept.mask.load(std::memory_order_relaxed));

  struct sigaction kernel_old;
  int result;
  if (action != nullptr && IsHandler(*action)) {
    struct sigaction kernel_action = *action;
    kernel_action.sa_sigaction = &jiffy_enter_handler;
    kernel_action.sa_flags |= SA_SIGINFO;
    if ((SignalBit(signal) & signals::kFaultSignals) == 0) {
      kernel_action.sa_flags &= ~SA_ONSTACK;
    }
    Keep(kept, *action);
    result = libc.sigaction(signal, &kernel_action, &kernel_old);
    if (result != 0) Keep(kept, before);
  } else {
    result = libc.sigaction(signal, action, &kernel_old);
  }
  if (result != 0 || old == nullptr) return result;
  *old = kernel_old;
  if (old->sa_sigaction == &jiffy_enter_handler) RestoreAsked(before, old);
  return 0;
}

// Implements signal() and its older form.
sighandler_t SetHandler(int signal, sighandler_t handler, int flags) {
  if (handler == SIG_ERR) {
    errno = EINVAL;
    return SIG_ERR;
  }
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  if ((flags & SA_NODEFER) == 0) sigaddset(&action.sa_mask, signal);
  struct sigaction old;
  return SetAction(signal, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

}  // namespace
}  // namespace jiffy::interpose

extern "C" {

int sigaction(int signal, const struct sigaction* action,
              struct sigaction* old) noexcept {
  return jiffy::interpose::SetAction(signal, action, old);
}

sighandler_t signal(int signal, sighandler_t handler) noexcept {
  return jiffy::interpose::SetHandler(signal, handler, SA_RESTART);
}

sighandler_t ssignal(int signal, sighandler_t handler) noexcept {
  return jiffy::interpose::SetHandler(signal, handler, SA_RESTART);
}

sighandler_t sysv_signal(int signal, sighandler_t handler) noexcept {
  return jiffy::interpose::SetHandler(signal, handler,
                                      SA_RESETHAND | SA_NODEFER);
}

// <signal.h> maps signal() to this in strictly conforming programs.
sighandler_t __sysv_signal(int signal, sighandler_t handler) noexcept {
  return jiffy::interpose::SetHandler(signal, handler,
                                      SA_RESETHAND | SA_NODEFER);
}

}  // extern "C"
