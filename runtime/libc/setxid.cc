// setuid and its family: the kernel keeps users and groups per thread, so libc
// sends a signal to each other thread, whose handler makes the same system call
// and notes in its thread block that it has. On a worker that would be the
// block of whatever green thread runs, and libc would ask the worker for ever.
//
// So the handler is wrapped: it finds the block of the worker's OS thread. (To
// green threads' own blocks libc sends a signal, too; the kernel knows no such
// threads, and libc takes them for ended.)

#include "runtime/libc/setxid.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "arch/context.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/worker.h"

namespace jiffy::internal {
namespace {

// The second of the two signals that libc keeps to itself.
constexpr int kSetxidSignal = 33;

// The kernel's struct sigaction. On RISC-V it ends after `restorer`, which is
// the mask there; but qemu's, up to 7.2 at least, has both.
struct KernelSigaction {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long flags;
  uintptr_t restorer;
  uint64_t mask;
};

void (*libc_handler)(int, siginfo_t*, void*) = nullptr;

// No tick comes meanwhile: all signals are blocked.
void OnSetxidInHandler(int signal, siginfo_t* info, void* context) {
  const Worker* worker = CurrentWorker();
  if (worker == nullptr || !worker->own_tls()) {
    libc_handler(signal, info, context);
    return;
  }
  char* green = arch::ThreadPointer();
  arch::SetThreadPointer(worker->os_thread_pointer());
  libc_handler(signal, info, context);
  arch::SetThreadPointer(green);
}

long Sigaction(const KernelSigaction* action, KernelSigaction* old) {
  return syscall(SYS_rt_sigaction, kSetxidSignal, action, old,
                 sizeof action->mask);
}

}  // namespace

void WrapSetxidHandler() {
  if (libc_handler != nullptr) return;
  KernelSigaction action = {};
  if (Sigaction(nullptr, &action) != 0 || action.handler == nullptr) return;
  libc_handler = action.handler;
  action.handler = &OnSetxidInHandler;
#if defined(__riscv)
  action.restorer = ~uintptr_t{0};
#endif
  action.mask = ~uint64_t{0};
  Sigaction(&action, nullptr);
}

}  // namespace jiffy::internal
