// The free slots (libc/slot.h) of one worker.
#ifndef JIFFY_RUNTIME_CORE_SLOT_POOL_H_
#define JIFFY_RUNTIME_CORE_SLOT_POOL_H_

#include <cstddef>
#include <cstdint>

#include "runtime/core/task.h"

namespace jiffy::internal {

// 16 KiB ... 1 GiB.
inline constexpr int kSlotClasses = 17;
inline constexpr int kSmallestSlotShift = 14;

// Returns the bytes of a class's stacks.
inline constexpr size_t SlotSize(int slot_class) {
  return size_t{1} << (kSmallestSlotShift + slot_class);
}

// 4 KiB ... 64 MiB.
inline constexpr int kGuardClasses = 15;
inline constexpr int kSmallestGuardShift = 12;

// Returns the bytes of a class's guards.
inline constexpr size_t GuardSize(int guard_class) {
  return size_t{1} << (kSmallestGuardShift + guard_class);
}

// The free slots of one worker; last in, first out, for warm caches.
//
// Slots that stay unused return the memory of their stacks to the kernel. The
// owner calls Age now and then; a slot that is free at two calls in a row
// becomes cold. Trim works through the cold slots. Take and Put do nothing for
// this.
// Context: the worker, with preemption off.
class SlotPool {
 public:
  // Returns a free slot's control block, or nullptr. Fields that do not
  // describe the slot keep the values of its last thread.
  Task* Take(int slot_class) {
    Free& free = free_[slot_class];
    Task** first = &free.slots[kWarm];
    if (*first == nullptr) [[unlikely]] {
      first = FirstOlder(free);
    }
    Task* task = *first;
    if (task != nullptr) {
      *first = task->all_next;
      --free.count;
    }
    return task;
  }
  void Put(Task* task) {
    Free& free = free_[task->slot_class];
    Push(&free.slots[kWarm], task);
    ++free.count;
  }
  size_t count(int slot_class) const { return free_[slot_class].count; }

  // Ages all free slots by one step. Call only when has_cold() is false.
  void Age() {
    for (Free& free : free_) {
      free.slots[kCold] = free.slots[kIdle];
      free.slots[kIdle] = free.slots[kWarm];
      free.slots[kWarm] = nullptr;
      has_cold_ |= free.slots[kCold] != nullptr;
    }
    partly_trimmed_ = {};
  }
  // Returns whether Trim may have something to do.
  bool has_cold() const { return has_cold_; }
  // Returns whether Age and Trim will have something to do later.
  bool HasUntrimmed() const {
    for (const Free& free : free_) {
      for (int age = kWarm; age < kTrimmed; ++age) {
        if (free.slots[age] != nullptr) return true;
      }
    }
    return false;
  }
  // Returns the memory of cold slots to the kernel until `until_ns`
  // (signals::MonotonicNs) or a little longer. Context: not the handler.
  void Trim(int64_t until_ns);

 private:
  enum Ages { kWarm, kIdle, kCold, kTrimmed, kAges };
  struct Free {
    Task* slots[kAges] = {};
    size_t count = 0;
  };
  static void Push(Task** list, Task* task) {
    task->all_next = *list;
    *list = task;
  }
  static Task** FirstOlder(Free& free) {
    int age = kIdle;
    while (age < kTrimmed && free.slots[age] == nullptr) ++age;
    return &free.slots[age];
  }
  bool TrimSome(Free& free);

  Free free_[kSlotClasses];
  bool has_cold_ = false;
  // A cold slot, and how many bytes of its stack are trimmed.
  struct {
    Task* task = nullptr;
    size_t bytes = 0;
  } partly_trimmed_;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_SLOT_POOL_H_
