#include "runtime/libc/slot.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "runtime/libc/thread_block.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {
namespace {

// Room for a stack: pages are 4 KiB, but up to 64 KiB on aarch64.
constexpr size_t kSmallestSlotPages = 4;
// Few enough that the frames of a waiting thread, its control block and all of
// its TLS still fit into one page.
constexpr size_t kColours = 2;
constexpr size_t kCacheLine = 64;
// The minimum slots and the minimum bytes of a slab. Sixteen of the largest
// slots are more than 32 bits can address.
constexpr size_t kSlabSlots = sizeof(void*) == 8 ? 16 : 1;
constexpr size_t kSlabBytes = size_t{64} << 20;
// Linux 6.13: a guard without a mapping of its own.
constexpr int kMadvGuardInstall = 102;

// The process's slots that no runtime holds, and the slabs to carve from.
//
// Guarded by a spin lock taken with preemption off, not by a mutex: a preempted
// green thread must not hold it, and no libc lock may be taken with preemption
// off.
struct Depot {
  std::atomic_flag lock = ATOMIC_FLAG_INIT;
  // Free slots, by whether they have a TLS block of their own.
  SlotPool free[2][kGuardClasses];
  struct Slab {
    char* next = nullptr;
    char* end = nullptr;
  };
  // By whether the slots have thread blocks, which come on top of the stack.
  Slab slabs[2][kGuardClasses][kSlotClasses];
  size_t carved = 0;
};
Depot depot;

class DepotLock {
 public:
  DepotLock() {
    signals::PreemptDisable();
    while (depot.lock.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~DepotLock() {
    depot.lock.clear(std::memory_order_release);
    signals::PreemptEnable();
  }
  DepotLock(const DepotLock&) = delete;
  DepotLock& operator=(const DepotLock&) = delete;
};

// Reserves address space for more slots of a class; nullptr if there is none.
// The kernel is told not to use huge pages, which would commit 2 MiB for the
// one page that a parked thread needs.
char* ReserveSlab(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  return static_cast<char*>(memory);
}

// Returns memory for a libc thread block outside of the slot: with
// ThreadSanitizer's record in it, it is larger than most stacks.
[[maybe_unused]] char* ReserveBlock(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

// Returns the bytes of a whole slot: guard, stack, thread block.
size_t WholeSize(int slot_class, int guard_class, bool own_tls) {
  return GuardSize(guard_class) + SlotSize(slot_class) +
         ThreadBlockRoom(own_tls);
}

// Takes memory for a new slot; `*colour` is its colour.
char* CarveSlot(int slot_class, int guard_class, bool own_tls, size_t* colour) {
  const size_t size = WholeSize(slot_class, guard_class, own_tls);
  DepotLock lock;
  Depot::Slab& slab = depot.slabs[own_tls][guard_class][slot_class];
  if (slab.next == slab.end) {
    const size_t bytes = std::max(kSlabSlots, kSlabBytes / size) * size;
    char* memory = ReserveSlab(bytes);
    if (memory == nullptr) return nullptr;
    slab = {memory, memory + bytes};
  }
  char* slot = slab.next;
  slab.next += size;
  *colour = depot.carved++ % kColours;
  return slot;
}

// Gives back what CarveSlot returned, unless others were carved since.
void UncarveSlot(int slot_class, int guard_class, bool own_tls, char* slot) {
  DepotLock lock;
  Depot::Slab& slab = depot.slabs[own_tls][guard_class][slot_class];
  if (slab.next != slot + WholeSize(slot_class, guard_class, own_tls)) return;
  slab.next = slot;
  --depot.carved;
}

size_t PageSize() {
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return page;
}

// Returns whether madvise can make a page fault. Its success does not prove it:
// an emulator (qemu) returns success for unknown advice.
bool CanInstallGuards() {
  void* page = mmap(nullptr, PageSize(), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  // A system call that writes to the page detects this without a fault;
  // valgrind leaves this one to the kernel.
  const bool can = madvise(page, PageSize(), kMadvGuardInstall) == 0 &&
                   syscall(SYS_getrandom, page, 1, 0) != 1 && errno == EFAULT;
  munmap(page, PageSize());
  return can;
}

// Makes the slot's lowest bytes fault. Returns 0 or an errno.
int InstallGuard(char* slot, size_t size) {
  static const bool can_install_guards = CanInstallGuards();
  if (can_install_guards && madvise(slot, size, kMadvGuardInstall) == 0) {
    return 0;
  }
  return mprotect(slot, size, PROT_NONE) == 0 ? 0 : errno;
}

absl::Status CannotReserve(int slot_class, bool own_tls, int error) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "no memory for another stack of ", SlotSize(slot_class) >> 10,
      " KiB and its thread block of ", ThreadBlockRoom(own_tls) >> 10,
      " KiB (static thread_local objects): ", strerror(error),
      " (address space, or vm.max_map_count where the kernel, before Linux "
      "6.13, needs two mappings a stack)"));
}

char* AlignDown(char* address, size_t alignment) {
  return reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(address) &
                                 ~(alignment - 1));
}

}  // namespace

int GuardClassOf(size_t guard_size) {
  const size_t size = std::bit_ceil(std::max(guard_size, PageSize()));
  return std::countr_zero(size) - kSmallestGuardShift;
}

int SlotClassOf(size_t stack_size) {
  const size_t size =
      std::bit_ceil(std::max({stack_size, size_t{1} << kSmallestSlotShift,
                              kSmallestSlotPages * PageSize()}));
  return std::countr_zero(size) - kSmallestSlotShift;
}

size_t ThreadBlockRoom(bool own_tls) {
  size_t block = sizeof(signals::TaskFrame);
  if (own_tls && !signals::kThreadSanitizer) {
    const LibcThreadSize& libc = GetLibcThreadSize();
    // The thread pointer is aligned down.
    block = libc.below + libc.alignment + libc.above;
  }
  const size_t page = PageSize();
  return (block + kColours * kCacheLine + page - 1) & ~(page - 1);
}

absl::StatusOr<Task*> AcquireSlot(int slot_class, int guard_class,
                                  bool own_tls) {
  {
    DepotLock lock;
    SlotPool& free = depot.free[own_tls][guard_class];
    if (Task* task = free.Take(slot_class)) return task;
  }
  size_t colour = 0;
  char* slot = CarveSlot(slot_class, guard_class, own_tls, &colour);
  if (slot == nullptr) return CannotReserve(slot_class, own_tls, ENOMEM);
  absl::Cleanup give_back = [=] {
    UncarveSlot(slot_class, guard_class, own_tls, slot);
  };
  char* const stack = slot + GuardSize(guard_class);
  if (const int error = InstallGuard(slot, GuardSize(guard_class));
      error != 0) {
    return CannotReserve(slot_class, own_tls, error);
  }
  char* const top =
      slot + WholeSize(slot_class, guard_class, own_tls) - colour * kCacheLine;

  signals::TaskHead* head;
  char* stack_high;
  char* thread_pointer = nullptr;
  if (own_tls) {
    const LibcThreadSize& libc = GetLibcThreadSize();
    if constexpr (signals::kThreadSanitizer) {
      char* block = ReserveBlock(libc.below + libc.alignment + libc.above);
      if (block == nullptr) return CannotReserve(slot_class, own_tls, ENOMEM);
      thread_pointer =
          AlignDown(block + libc.below + libc.alignment, libc.alignment);
      stack_high = AlignDown(top, kCacheLine);
    } else {
      thread_pointer = AlignDown(top - libc.above, libc.alignment);
      stack_high = AlignDown(thread_pointer - libc.below, kCacheLine);
    }
    if (absl::Status status = CreateLibcThread(
            thread_pointer, stack, static_cast<size_t>(stack_high - stack));
        !status.ok()) {
      return status;
    }
    head = &static_cast<signals::TaskFrame*>(
                InLibcThread(thread_pointer, &signals::task_frame))
                ->head;
  } else {
    stack_high = AlignDown(top - sizeof(signals::TaskFrame), kCacheLine);
    head = &reinterpret_cast<signals::TaskFrame*>(stack_high)->head;
  }
  std::move(give_back).Cancel();
  Task* task = new (head) Task();
  task->current = task;
  task->timer.task = task;
  task->context.thread_pointer = thread_pointer;
  task->stack_low = reinterpret_cast<uintptr_t>(stack);
  task->stack_high = reinterpret_cast<uintptr_t>(stack_high);
  task->slot_class = static_cast<uint8_t>(slot_class);
  if (own_tls) task->tls_generation = LibcThreadGeneration(thread_pointer);
  signals::NoteStack(*task);
  return task;
}

void ReviveDepotAfterFork() {
  if (!depot.lock.test(std::memory_order_acquire)) return;
  // A slab may be half replaced; a free list never is.
  for (auto& of_tls : depot.slabs) {
    for (auto& of_guard : of_tls) {
      for (Depot::Slab& slab : of_guard) slab = {};
    }
  }
  depot.lock.clear(std::memory_order_release);
}

StackPages::StackPages(const Task& task)
    : low(reinterpret_cast<char*>(task.stack_low)) {
  const char* high =
      AlignDown(reinterpret_cast<char*>(task.stack_high), PageSize());
  size = high > low ? static_cast<size_t>(high - low) : 0;
}

uint64_t CarvedSlots() {
  DepotLock lock;
  return depot.carved;
}

void ReleaseSlots(SlotPool& pool, int guard_class, bool own_tls) {
  for (int slot_class = 0; slot_class < kSlotClasses; ++slot_class) {
    while (Task* task = pool.Take(slot_class)) {
      const StackPages pages(*task);
      madvise(pages.low, pages.size, MADV_DONTNEED);
      DepotLock lock;
      depot.free[own_tls][guard_class].Put(task);
    }
  }
}

}  // namespace jiffy::internal
