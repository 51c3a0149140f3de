#include "sched/sim/wakeup_queue.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace jiffy::sched::sim {
namespace {

TEST(WakeupQueue, Empty_IsNeverDue) {
  const WakeupQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.due_us(), WakeupQueue::kNever);
}

TEST(WakeupQueue, EqualTimes_GoBySlot) {
  WakeupQueue queue;
  for (const int slot : {5, 1, 4, 2, 3}) queue.Push({7, slot, nullptr});
  for (int slot = 1; slot <= 5; ++slot) {
    EXPECT_EQ(queue.top().slot, slot);
    queue.Pop();
  }
  EXPECT_TRUE(queue.empty());
}

// Compared with a sorted list, over random pushes and pops.
TEST(WakeupQueue, RandomOperations_AgreeWithASortedList) {
  std::mt19937 random(1);
  WakeupQueue queue;
  std::vector<std::pair<int64_t, int>> sorted;
  for (int step = 0; step < 20'000; ++step) {
    if (sorted.empty() || random() % 5 < 3) {
      const std::pair<int64_t, int> entry(random() % 50,
                                          static_cast<int>(random() % 50));
      queue.Push({entry.first, entry.second, nullptr});
      sorted.insert(std::upper_bound(sorted.begin(), sorted.end(), entry),
                    entry);
    } else {
      queue.Pop();
      sorted.erase(sorted.begin());
    }
    if (sorted.empty()) {
      ASSERT_TRUE(queue.empty());
    } else {
      ASSERT_EQ(queue.due_us(), sorted.front().first);
      ASSERT_EQ(queue.top().slot, sorted.front().second);
    }
  }
}

}  // namespace
}  // namespace jiffy::sched::sim
