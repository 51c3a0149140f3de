#include "runtime/core/biased_lock.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace jiffy::internal {

namespace {

// Whether a fork ended a worker, in this process or an ancestor.
constinit std::atomic<bool> worker_was_lost{false};

}  // namespace

constinit std::atomic<uint8_t> BiasedLock::bias_impossible{1};
constinit std::atomic<uint8_t> BiasedLock::holder_mark{1};

void SetUpBias() {
  if (BiasedLock::bias_impossible.load() == 0 || worker_was_lost) return;
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0,
              0) == 0) {
    BiasedLock::bias_impossible.store(0);
  }
}

void FreeLocksAfterFork(bool worker_is_gone) {
  const uint8_t old = BiasedLock::holder_mark.load();
  BiasedLock::holder_mark.store(old == UINT8_MAX ? 1 : old + 1);
  if (worker_is_gone) {
    worker_was_lost = true;
    BiasedLock::bias_impossible.store(1);
  }
}

void BiasedLock::Spin() {
  // The holder runs on another CPU, or the kernel has preempted it.
  constexpr int kSpinsBeforeYield = 100;
  for (int i = 0; !TakeWord(); ++i) {
    if (i >= kSpinsBeforeYield) syscall(SYS_sched_yield);
  }
}

void BiasedLock::Revoke() {
  Spin();
  if (revoked_.load(std::memory_order_relaxed) != 0) return;
  revoked_.store(1, std::memory_order_relaxed);
  if (bias_impossible.load() != 0) return;
  syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  while (biased_.load(std::memory_order_acquire) != 0) {
    syscall(SYS_sched_yield);
  }
}

}  // namespace jiffy::internal
