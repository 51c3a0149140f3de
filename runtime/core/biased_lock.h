// The lock inside each primitive that threads wait on: biased to the worker.
//
// Green threads of one worker exclude each other by keeping preemption off;
// they need no atomic instruction. OS threads may use the primitives too, but
// rarely do. So the worker's side of the lock is a plain store and a plain
// load:
//
//   worker:     biased_ = 1; if (!revoked_) it has the lock; ... biased_ = 0
//   OS thread:  take word_; the first time: revoked_ = 1, a memory barrier on
//               the worker's CPU (membarrier), wait until biased_ is 0
//
// Either the barrier comes after the worker's store, and the OS thread sees
// biased_ and waits; or it comes before the worker's load, and the worker sees
// revoked_ and takes word_ like any other thread. An object never regains its
// bias: from then on the worker's side costs an atomic instruction.
//
// Source: D. Dice, H. Huang, M. Yang, "Asymmetric Dekker Synchronization",
// 2001; Linux membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED (4.14).
#ifndef JIFFY_RUNTIME_CORE_BIASED_LOCK_H_
#define JIFFY_RUNTIME_CORE_BIASED_LOCK_H_

#include <atomic>
#include <cstdint>

#include "signals/preempt.h"
#include "signals/race.h"

namespace jiffy::internal {

// Context of all functions: preemption off, so that the worker never leaves
// while it holds the lock. Critical sections are a few instructions, call no
// libc function and never wait.
class BiasedLock {
 public:
  constexpr BiasedLock() = default;
  BiasedLock(const BiasedLock&) = delete;
  BiasedLock& operator=(const BiasedLock&) = delete;

  void Lock() {
    if (OnWorker()) [[likely]] {
      if (LockBiased()) [[likely]] {
        signals::Acquired(order());
        return;
      }
    } else {
      Revoke();
      signals::Acquired(order());
      return;
    }
    Spin();
    signals::Acquired(order());
  }

  // Takes the lock if that needs no wait; returns whether it did. Context:
  // worker, its interrupt handler included.
  bool TryLockOnWorker() {
    if (!LockBiased() && !TakeWord()) return false;
    signals::Acquired(order());
    return true;
  }

  void Unlock() {
    signals::Released(order());
    if (OnWorker() && biased_.load(std::memory_order_relaxed) != 0) [[likely]] {
      biased_.store(0, std::memory_order_release);
    } else {
      word_.store(0, std::memory_order_release);
    }
  }

  // Returns whether the lock is held. For signal handlers, which must not wait
  // for the code that they interrupted.
  bool IsHeld() const {
    return biased_.load(std::memory_order_relaxed) != 0 ||
           word_.load(std::memory_order_relaxed) ==
               holder_mark.load(std::memory_order_relaxed);
  }

  // Frees the lock, whoever holds it. Context: the child of a fork.
  void ResetAfterFork() {
    if (biased_.load(std::memory_order_relaxed) != 0) biased_.store(0);
    if (word_.load(std::memory_order_relaxed) != 0) word_.store(0);
  }

  // The address that stands for the lock in the race detector. The other words
  // do not work: a store to them replaces what Released() recorded there.
  const void* order() const { return &revoked_; }

  // Whether an OS thread has used the lock.
  bool revoked() const { return revoked_.load(std::memory_order_relaxed) != 0; }

 private:
  static bool OnWorker() { return signals::task_frame.head.cpu != nullptr; }

  bool LockBiased() {
    biased_.store(1, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if ((revoked_.load(std::memory_order_relaxed) |
         bias_impossible.load(std::memory_order_relaxed)) == 0) [[likely]] {
      std::atomic_signal_fence(std::memory_order_seq_cst);
      return true;
    }
    biased_.store(0, std::memory_order_release);
    return false;
  }

  // Takes word_ if it is free, or if a fork left its holder behind (the word
  // then has another process's mark).
  bool TakeWord() {
    const uint8_t mine = holder_mark.load(std::memory_order_relaxed);
    uint8_t seen = word_.load(std::memory_order_relaxed);
    return seen != mine &&
           word_.compare_exchange_strong(seen, mine, std::memory_order_acquire);
  }
  void Spin();
  // Takes word_ as an OS thread, and ends the bias.
  void Revoke();

  friend void SetUpBias();
  friend void FreeLocksAfterFork(bool worker_is_gone);
  // 1 until membarrier is known to work.
  static std::atomic<uint8_t> bias_impossible;
  // Value of word_ while a thread of this process holds it. Never 0.
  static std::atomic<uint8_t> holder_mark;

  // Written by the worker only.
  std::atomic<uint8_t> biased_{0};
  std::atomic<uint8_t> revoked_{0};
  std::atomic<uint8_t> word_{0};
};

// Registers for membarrier; without it, all locks are plain spinlocks. Context:
// OS thread, before a run.
void SetUpBias();

// Frees all locks whose holders a fork left behind. If the worker is one of
// them, the bias of all locks ends for good, since biased_ may still be set.
// Context: the child, before it takes any lock; async-signal-safe.
void FreeLocksAfterFork(bool worker_is_gone);

// Preemption off, and a lock held.
class LockGuard {
 public:
  explicit LockGuard(BiasedLock& lock) : lock_(lock) {
    signals::PreemptDisable();
    lock_.Lock();
  }
  ~LockGuard() {
    lock_.Unlock();
    signals::PreemptEnable();
  }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  BiasedLock& lock_;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_BIASED_LOCK_H_
