// setuid and its family: the kernel keeps users and groups per thread, so libc
// sends a signal to each other thread, whose handler makes the same system call
// and notes in its thread block that it has. On a worker that would be the
// block of whatever green thread runs, and libc would ask the worker for ever.
//
// So the handler is wrapped: it finds the block of the worker's OS thread. (To
// green threads' own blocks libc sends a signal, too; the kernel knows no such
// threads, and libc takes them for ended.)

#include <signal.h>
#include <sys/syscall.h>

#include <atomic>
#include <cstdint>

#include "arch/context.h"
#include "runtime/interpose/native.h"
#include "runtime/interpose/thread.h"
#include "runtime/worker.h"
#include "signals/preempt.h"

namespace jiffy::interpose {
namespace {

// The second of the two signals that libc keeps to itself.
constexpr int kSetxidSignal = 33;

// The kernel's struct sigaction.
struct KernelSigaction {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long flags;
  void* restorer;
  uint64_t mask;
};

void (*libc_handler)(int, siginfo_t*, void*) = nullptr;

// No tick comes meanwhile: all signals are blocked.
void OnSetxidInHandler(int signal, siginfo_t* info, void* context) {
  const internal::Worker* worker = internal::CurrentWorker();
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
  return Libc().syscall.load(std::memory_order_relaxed)(
      SYS_rt_sigaction, kSetxidSignal, action, old, sizeof action->mask);
}

}  // namespace

void PrepareForSetxid() {
  static constinit std::atomic<bool> done{false};
  if (done.load(std::memory_order_relaxed)) [[likely]]
    return;
  // Between these, no other thread may do the same.
  const signals::PreemptGuard guard;
  if (done.exchange(true)) return;
  KernelSigaction action = {};
  // libc installs its handler when it starts the first thread; the runtime has
  // started one to look at it.
  if (Sigaction(nullptr, &action) != 0 || action.handler == nullptr) return;
  libc_handler = action.handler;
  action.handler = &OnSetxidInHandler;
  action.mask = ~uint64_t{0};
  Sigaction(&action, nullptr);
}

}  // namespace jiffy::interpose
