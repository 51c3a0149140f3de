// Where a green thread lives: one stretch of memory that holds its stack and,
// at the top, its libc thread block with the control block.
//
//   low                                                             high
//   | guard page | stack, grows down ... | static TLS | struct pthread |
//                                          ^ Task       ^ thread pointer
//
// Slots come in classes by size, powers of two, carved from large reserved
// slabs whose pages the kernel commits at first touch. The top is shifted by a
// few cache lines from slot to slot (colouring), or the control blocks of
// thousands of threads would compete for one set of the cache.
//
// A slot that is given back keeps its thread block: libc's part of it (malloc's
// cache) cannot be returned to libc. So slots that no runtime uses wait, for
// the life of the process, in a depot for the next.
#ifndef JIFFY_RUNTIME_SLOT_H_
#define JIFFY_RUNTIME_SLOT_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "runtime/task.h"

namespace jiffy::internal {

// 16 KiB ... 1 GiB.
inline constexpr int kSlotClasses = 17;
inline constexpr int kSmallestSlotShift = 14;

// Returns the class of slots of at least `stack_size` bytes.
int SlotClassOf(size_t stack_size);
inline constexpr size_t SlotSize(int slot_class) {
  return size_t{1} << (kSmallestSlotShift + slot_class);
}

// Bytes of the guard below each stack, where a slot begins.
size_t StackGuardSize();

// The free slots of one worker; last in, first out, for warm caches.
// Context: the worker, with preemption off.
class SlotPool {
 public:
  // Returns a free slot's control block, or nullptr. Its fields but those that
  // describe the slot are as its last thread left them.
  Task* Take(int slot_class) {
    Free& free = free_[slot_class];
    Task* task = free.first;
    if (task != nullptr) {
      free.first = task->all_next;
      --free.count;
    }
    return task;
  }
  void Put(Task* task) {
    Free& free = free_[task->slot_class];
    task->all_next = free.first;
    free.first = task;
    ++free.count;
  }
  size_t count(int slot_class) const { return free_[slot_class].count; }

 private:
  struct Free {
    Task* first = nullptr;
    size_t count = 0;
  };
  Free free_[kSlotClasses];
};

// Returns a slot from the depot, or carves a new one. Takes libc locks:
// preemption must be on. Errors: ResourceExhausted says which limit was met.
absl::StatusOr<Task*> AcquireSlot(int slot_class, bool own_tls);

// Gives all slots of the pool back to the depot, and their stacks' memory to
// the kernel. Context: OS thread, when the run is over.
void ReleaseSlots(SlotPool& pool, bool own_tls);

// Returns how many slots the process ever carved.
uint64_t CarvedSlots();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_SLOT_H_
