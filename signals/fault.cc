#include "signals/fault.h"

#include <execinfo.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/debugging/symbolize.h"
#include "absl/status/status.h"
#include "arch/context.h"
#include "signals/cpu.h"
#include "signals/preempt.h"
#include "signals/program_action.h"
#include "signals/sanitizer.h"
#include "signals/signal_mask.h"
#include "signals/text_buffer.h"

namespace jiffy::signals {
namespace {

constexpr size_t kAlternateStackSize = size_t{64} << 10;
constexpr int kMaxFrames = 32;
// Upper bound of frames between the fault and the call of backtrace.
constexpr int kOwnFrames = 8;

FaultStackFunction current_stack_function = nullptr;
struct sigaction old_segv;
struct sigaction old_bus;

bool IsOverflow(const siginfo_t* info, const ucontext_t* uc,
                const FaultStack& stack) {
  const auto in_guard = [&](uintptr_t address) {
    return address < stack.low && address >= stack.low - stack.guard_size;
  };
  if (info->si_code != SI_KERNEL &&
      in_guard(reinterpret_cast<uintptr_t>(info->si_addr))) {
    return true;
  }
  // A frame did not fit (the kernel's, or a large one of the task): SP is in
  // the guard, or so close above it that a signal frame reaches into it.
  const uintptr_t sp = arch::InterruptedSp(uc);
  if (in_guard(sp)) return true;
  const uintptr_t frame = static_cast<uintptr_t>(sysconf(_SC_MINSIGSTKSZ));
  return info->si_code == SI_KERNEL && sp >= stack.low &&
         sp - stack.low < frame;
}

// Carries out the program's action for the signal, as the kernel would.
void PassOn(int signal, siginfo_t* info, ucontext_t* uc) {
  struct sigaction& action = signal == SIGSEGV ? old_segv : old_bus;
  if (HasHandler(action)) {
    const Cpu* cpu = task_frame.head.cpu;
    ChangeKernelMask(
        SIG_SETMASK,
        HandlerMaskInHandler(action, signal, cpu == nullptr ? 0 : cpu->signal,
                             MaskOf(uc->uc_sigmask)));
    CallHandlerInHandler(action, signal, info, uc);
    return;
  }
  const bool sent = info->si_code <= 0;
  if (sent && action.sa_handler == SIG_IGN) return;
  // Returning repeats the fault, now with the default action.
  struct sigaction fatal = {};
  fatal.sa_handler = SIG_DFL;
  SetAction(signal, &fatal, nullptr);
  if (sent) raise(signal);
}

// The CallGuarded in progress: its thread, and the context that resumes after a
// fault. Not siglongjmp: AddressSanitizer's version, called on an alternate
// stack, asks libc for the thread's stack, and libc knows only OS threads.
std::atomic<const char*> guarded_thread = nullptr;
ucontext_t guard;

void WriteFrame(const void* frame, const void* in_call) {
  char name[256];
  if (absl::Symbolize(in_call, name, sizeof name)) {
    TextBuffer<256>(STDERR_FILENO)
        << "    " << Hex{reinterpret_cast<uintptr_t>(frame)} << " " << name
        << "\n";
  } else {
    void* one[] = {const_cast<void*>(frame)};
    backtrace_symbols_fd(one, 1, STDERR_FILENO);
  }
}

// Writes the location of the fault and its callers.
void WriteBacktrace(const ucontext_t* uc) {
  // Not promised to be async-signal-safe, but the program is about to die, and
  // the unwinder was loaded when the handler was installed.
  void* frames[kMaxFrames + kOwnFrames];
  const int count = backtrace(frames, kMaxFrames + kOwnFrames);
  void* const pc = reinterpret_cast<void*>(arch::InterruptedPc(uc));
  WriteFrame(pc, pc);
  // The first frames are this file's and the kernel's.
  int i = 0;
  while (i < count && frames[i] != pc) ++i;
  for (++i; i < count; ++i) {
    // Symbolizes the call, which precedes the return address.
    WriteFrame(frames[i], static_cast<char*>(frames[i]) - 1);
  }
}

// Ends the program if it is an overflow. Not inlined into its caller.
[[gnu::noinline]] void TellOverflow(int signal, siginfo_t* info,
                                    void* ucontext) {
  const int saved_errno = errno;
  FaultStack stack;
  auto* uc = static_cast<ucontext_t*>(ucontext);
  if (current_stack_function == nullptr || !current_stack_function(&stack) ||
      !IsOverflow(info, uc, stack)) {
    PassOn(signal, info, uc);
    errno = saved_errno;
    return;
  }
  TextBuffer<256>(STDERR_FILENO)
      << "jiffy: thread '" << stack.task_name << "' (#" << stack.task_id
      << ") overflowed its " << (stack.size >> 10)
      << " KiB stack (ThreadOptions::stack_size)\n";
  WriteBacktrace(uc);
  struct sigaction fatal = {};
  fatal.sa_handler = SIG_DFL;
  SetAction(signal, &fatal, nullptr);
  // A kernel-made SIGSEGV (a signal frame that did not fit) does not repeat.
  if (info->si_code == SI_KERNEL) raise(signal);
  errno = saved_errno;
}

// Has no local variables: the jump would leave them behind, and
// AddressSanitizer would then report the next handler on the alternate stack.
void HandleFault(int signal, siginfo_t* info, void* ucontext) {
  if (guarded_thread.load(std::memory_order_relaxed) == arch::ThreadPointer()) {
    setcontext(&guard);
  }
  TellOverflow(signal, info, ucontext);
}

}  // namespace

absl::Status InstallFaultHandler(FaultStackFunction current_stack) {
  // Loads the unwinder now: it allocates the first time.
  void* frame[1];
  backtrace(frame, 1);
  current_stack_function = current_stack;
  struct sigaction action = {};
  action.sa_sigaction = &HandleFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  // Blocks all signals until it is known who handles this one.
  sigfillset(&action.sa_mask);
  if (SetAction(SIGSEGV, &action, &old_segv) != 0 ||
      SetAction(SIGBUS, &action, &old_bus) != 0) {
    return absl::ErrnoToStatus(errno, "sigaction for stack overflow");
  }
  return absl::OkStatus();
}

void RemoveFaultHandler() {
  if (current_stack_function == nullptr) return;
  const auto put_back = [](int signal, const struct sigaction& old) {
    struct sigaction now;
    if (SetAction(signal, nullptr, &now) == 0 &&
        now.sa_sigaction == &HandleFault) {
      SetAction(signal, &old, nullptr);
    }
  };
  put_back(SIGSEGV, old_segv);
  put_back(SIGBUS, old_bus);
  current_stack_function = nullptr;
}

bool CallGuarded(void (*function)(void* argument), void* argument) {
  // `function` reads memory that may be invalid.
  const UncheckedAccess unchecked;
  volatile bool called = false;
  volatile bool whole = false;
  getcontext(&guard);
  if (!called) {
    called = true;
    guarded_thread.store(arch::ThreadPointer(), std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    function(argument);
    whole = true;
  } else {
    ForgetLowerFrames();
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  guarded_thread.store(nullptr, std::memory_order_relaxed);
  return whole;
}

AlternateStack::AlternateStack() {
  stack_t old;
  if (KernelAlternateStack(nullptr, &old) != 0 ||
      (old.ss_flags & SS_DISABLE) == 0) {
    return;
  }
  void* memory = mmap(nullptr, kAlternateStackSize, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  stack_t stack = {};
  stack.ss_sp = memory;
  stack.ss_size = kAlternateStackSize;
  KernelAlternateStack(&stack, nullptr);
  memory_ = memory;
}

AlternateStack::~AlternateStack() {
  if (memory_ == nullptr) return;
  stack_t off = {};
  off.ss_flags = SS_DISABLE;
  KernelAlternateStack(&off, nullptr);
  munmap(memory_, kAlternateStackSize);
}

}  // namespace jiffy::signals
