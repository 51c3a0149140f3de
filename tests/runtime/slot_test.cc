// Slots: sizes by class, the guard below, and a thread's data inside.
#include "runtime/libc/slot.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/options.h"
#include "runtime/testing.h"

namespace jiffy::internal {
namespace {

TEST(SlotClass, EverySize_GetsTheSmallestClassThatHoldsIt) {
  EXPECT_EQ(SlotClassOf(1), 0);
  for (int c = 0; c < kSlotClasses; ++c) {
    EXPECT_EQ(SlotClassOf(SlotSize(c)), c);
    EXPECT_EQ(SlotClassOf(SlotSize(c) - 1), c);
    if (c + 1 < kSlotClasses) {
      EXPECT_EQ(SlotClassOf(SlotSize(c) + 1), c + 1);
    }
  }
  EXPECT_EQ(SlotSize(SlotClassOf(kMinStackSize)), kMinStackSize);
  EXPECT_EQ(SlotClassOf(kMaxStackSize), kSlotClasses - 1);
  EXPECT_EQ(SlotSize(kSlotClasses - 1), kMaxStackSize);
}

TEST(GuardClass, EverySize_GetsTheSmallestClassThatHoldsItAndAPage) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  EXPECT_EQ(GuardSize(GuardClassOf(1)), page);
  EXPECT_EQ(GuardSize(GuardClassOf(page + 1)), 2 * page);
  EXPECT_EQ(GuardClassOf(kMaxGuardSize), kGuardClasses - 1);
  EXPECT_EQ(GuardSize(kGuardClasses - 1), kMaxGuardSize);
}

// Of 64 KiB.
constexpr int kGuardClass = 4;

class SlotTest : public ::testing::TestWithParam<int> {};

// Without thread blocks: not every libc supports them.
TEST_P(SlotTest, Acquired_LiesWithinItsSlotAboveItsGuard) {
  SlotPool pool;
  std::set<uintptr_t> tops;
  for (int i = 0; i < 20; ++i) {
    const absl::StatusOr<Task*> slot =
        AcquireSlot(GetParam(), kGuardClass, false);
    ASSERT_TRUE(slot.ok()) << slot.status();
    const Task& task = **slot;
    const uintptr_t low = task.stack_low;
    const size_t size = SlotSize(GetParam()) + ThreadBlockRoom(false);
    EXPECT_EQ(task.slot_class, GetParam());
    EXPECT_LT(task.stack_high, low + size);
    EXPECT_GE(task.stack_high - task.stack_low, SlotSize(GetParam()));
    EXPECT_EQ(task.stack_high % 16, 0u);
    // The control block is above the stack.
    const auto control = reinterpret_cast<uintptr_t>(&task);
    EXPECT_GE(control, task.stack_high);
    EXPECT_LE(control + sizeof(Task), low + size);
    tops.insert(control - low);
    pool.Put(*slot);
  }
  // The control blocks do not all compete for one set of the cache.
  EXPECT_GE(tops.size(), 2u);
  ReleaseSlots(pool, kGuardClass, false);
}

TEST_P(SlotTest, GivenBack_IsTakenAgainInsteadOfAnother) {
  SlotPool pool;
  std::set<Task*> first;
  for (int i = 0; i < 5; ++i) {
    const absl::StatusOr<Task*> slot =
        AcquireSlot(GetParam(), kGuardClass, false);
    ASSERT_TRUE(slot.ok());
    first.insert(*slot);
    pool.Put(*slot);
  }
  ReleaseSlots(pool, kGuardClass, false);
  const uint64_t carved = CarvedSlots();
  for (int i = 0; i < 5; ++i) {
    const absl::StatusOr<Task*> slot =
        AcquireSlot(GetParam(), kGuardClass, false);
    ASSERT_TRUE(slot.ok());
    pool.Put(*slot);
  }
  EXPECT_EQ(CarvedSlots(), carved);
  ReleaseSlots(pool, kGuardClass, false);
}

// A slot with a small guard must not go to a run that wants a large one.
TEST_P(SlotTest, GivenBack_IsTakenForItsGuardOnly) {
  SlotPool pool;
  const absl::StatusOr<Task*> large = AcquireSlot(GetParam(), 6, false);
  ASSERT_TRUE(large.ok());
  pool.Put(*large);
  ReleaseSlots(pool, 6, false);
  const absl::StatusOr<Task*> small = AcquireSlot(GetParam(), 5, false);
  ASSERT_TRUE(small.ok());
  EXPECT_NE(*small, *large);
  pool.Put(*small);
  ReleaseSlots(pool, 5, false);
  const absl::StatusOr<Task*> again = AcquireSlot(GetParam(), 6, false);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *large);
  pool.Put(*again);
  ReleaseSlots(pool, 6, false);
}

INSTANTIATE_TEST_SUITE_P(Classes, SlotTest, ::testing::Values(0, 2, 4, 9),
                         [](const ::testing::TestParamInfo<int>& info) {
                           return std::to_string(SlotSize(info.param) >> 10) +
                                  "KiB";
                         });

// With 32-bit addresses there is room for only a few of the largest stacks.
TEST(Slot, LargestStacks_AreWholeOrRefused) {
  for (int c = kSlotClasses - 1; c > kSlotClasses - 5; --c) {
    SCOPED_TRACE(SlotSize(c));
    const absl::StatusOr<Task*> slot = AcquireSlot(c, kGuardClass, false);
    if (!slot.ok()) {
      EXPECT_TRUE(absl::IsResourceExhausted(slot.status())) << slot.status();
      continue;
    }
    const StackPages pages(**slot);
    ASSERT_GE(pages.size, SlotSize(c));
    // The kernel refuses an address range with a hole in it.
    EXPECT_EQ(madvise(pages.low, pages.size, MADV_DONTNEED), 0);
    SlotPool pool;
    pool.Put(*slot);
    ReleaseSlots(pool, kGuardClass, false);
  }
}

// Last in, first out: the slot warmest in the caches comes first.
TEST(SlotPool, PutAndTake_AreLastInFirstOut) {
  SlotPool pool;
  EXPECT_EQ(pool.Take(1), nullptr);
  std::vector<Task*> slots;
  for (int i = 0; i < 3; ++i) {
    const absl::StatusOr<Task*> slot = AcquireSlot(1, kGuardClass, false);
    ASSERT_TRUE(slot.ok());
    slots.push_back(*slot);
  }
  for (Task* slot : slots) pool.Put(slot);
  EXPECT_EQ(pool.Take(0), nullptr);
  EXPECT_EQ(pool.Take(1), slots[2]);
  EXPECT_EQ(pool.Take(1), slots[1]);
  pool.Put(slots[2]);
  EXPECT_EQ(pool.Take(1), slots[2]);
  EXPECT_EQ(pool.Take(1), slots[0]);
  EXPECT_EQ(pool.Take(1), nullptr);
  for (Task* slot : slots) pool.Put(slot);
  ReleaseSlots(pool, kGuardClass, false);
}

}  // namespace
}  // namespace jiffy::internal
