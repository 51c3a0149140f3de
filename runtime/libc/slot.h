// A slot is one piece of memory that holds a green thread's stack and, at the
// top, its libc thread block with the control block.
//
//   low                                                             high
//   | guard | stack, grows down ... | static TLS | struct pthread |
//                                     ^ Task       ^ thread pointer
//
// Slots have classes by the size of their stacks, powers of two. The guard and
// the thread block are added to that size: a thread gets the stack that it
// asked for, however much static TLS the program has. Slots are carved from
// large reserved slabs whose pages the kernel commits at first touch. The top
// shifts by a few cache lines from slot to slot (colouring); otherwise the
// control blocks of thousands of threads would compete for one cache set.
//
// A freed slot keeps its thread block, since libc's part of it (malloc's cache)
// cannot be returned to libc. So slots that no runtime uses stay in a depot for
// the next one, for the life of the process.
#ifndef JIFFY_RUNTIME_LIBC_SLOT_H_
#define JIFFY_RUNTIME_LIBC_SLOT_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"

namespace jiffy::internal {

// Returns the class of slots with stacks of at least `stack_size` bytes.
int SlotClassOf(size_t stack_size);
// Returns the class of guards of at least `guard_size` bytes and a page.
int GuardClassOf(size_t guard_size);

// Returns the bytes above each stack, in whole pages: for the libc thread block
// with the program's static TLS, or for the control block alone. Call it only
// when GetLibcThreadSize() may be called.
size_t ThreadBlockRoom(bool own_tls);

// The pages that only the stack uses: it shares its last one with the TLS
// block.
struct StackPages {
  explicit StackPages(const Task& task);
  char* low;
  size_t size;
};

// Returns a slot from the depot, or carves a new one. Takes libc locks:
// preemption must be on. Errors: ResourceExhausted says which limit was met.
absl::StatusOr<Task*> AcquireSlot(int slot_class, int guard_class,
                                  bool own_tls);

// Gives all slots of the pool back to the depot, and their stacks' memory to
// the kernel. Context: OS thread, when the run is over.
void ReleaseSlots(SlotPool& pool, int guard_class, bool own_tls);

// Unlocks the depot if a thread that a fork left behind held its lock; then
// also gives up the rest of the slabs. Context: the child, preemption off.
void ReviveDepotAfterFork();

// Returns how many slots the process ever carved.
uint64_t CarvedSlots();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_SLOT_H_
