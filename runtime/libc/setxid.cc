// setuid and its family: the kernel keeps users and groups per thread, so libc
// signals each other thread. The handler makes the same system call and records
// this in its thread block. On a worker it would use the block of the running
// green thread, and libc would signal the worker for ever.
//
// So the handler is wrapped: it finds the block of the worker's OS thread.
// (libc also signals the ids in green threads' own blocks; the kernel knows no
// such threads, so libc assumes that they ended.)

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

// The second of the two signals that libc reserves.
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
