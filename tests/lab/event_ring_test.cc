#include "tools/lab/live/event_ring.h"

#include <cstdint>
#include <thread>

#include "gtest/gtest.h"

namespace jiffy::lab {
namespace {

constexpr auto kCapacity = static_cast<int64_t>(EventRing::kCapacity);

TEST(EventRingTest, Drain_HandsOutAllInOrder_AroundItsEndToo) {
  EventRing ring;
  int64_t pushed = 0;
  int64_t taken = 0;
  for (int round = 0; round < 5; ++round) {
    for (int64_t i = 0; i < kCapacity / 3; ++i) {
      ring.Push({.time_ns = pushed++, .thread = round});
    }
    ring.Drain([&](const LiveEvent& event) {
      ASSERT_EQ(event.time_ns, taken++);
      ASSERT_EQ(event.thread, round);
    });
  }
  EXPECT_EQ(taken, pushed);
  EXPECT_FALSE(ring.overrun());
}

TEST(EventRingTest, Push_WithoutRoom_DropsAndTells) {
  EventRing ring;
  for (int64_t i = 0; i < kCapacity; ++i) ring.Push({.time_ns = i});
  EXPECT_FALSE(ring.overrun());
  ring.Push({.time_ns = kCapacity});
  EXPECT_TRUE(ring.overrun());
  int64_t taken = 0;
  ring.Drain(
      [&](const LiveEvent& event) { EXPECT_EQ(event.time_ns, taken++); });
  EXPECT_EQ(taken, kCapacity);
}

TEST(EventRingTest, TwoThreads_LoseNothing) {
  constexpr int64_t kEvents = 3'000'000;
  EventRing ring;
  std::thread writer([&] {
    for (int64_t i = 0; i < kEvents; ++i) {
      ring.Push({.time_ns = i});
      // As if the reader were slower than the writer.
      if (i % 1024 == 0) std::this_thread::yield();
    }
  });
  int64_t next = 0;
  int64_t taken = 0;
  const auto take = [&](const LiveEvent& event) {
    ++taken;
    // Dropped events are missing; no event is duplicated or out of order.
    ASSERT_GE(event.time_ns, next);
    next = event.time_ns + 1;
  };
  while (taken < kEvents && !ring.overrun()) ring.Drain(take);
  writer.join();
  ring.Drain(take);
  if (!ring.overrun()) {
    EXPECT_EQ(taken, kEvents);
  }
}

}  // namespace
}  // namespace jiffy::lab
