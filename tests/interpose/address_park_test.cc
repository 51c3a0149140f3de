// The rules of the parking table, one by one: a waiter sees each change, and
// passes on a wake-up that it does not need.
#include "runtime/interpose/address_park.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>

#include "gtest/gtest.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "runtime/interpose/deadline.h"
#include "runtime/interpose/wait.h"

namespace jiffy::interpose {
namespace {

using internal::kNoDeadline;
using internal::WaitKind;

ParkResult Await(AddressWait& wait, int64_t due_ns) {
  return wait.Await(WaitKind::kAddress, nullptr, due_ns);
}

TEST(AddressParkTest, Unpark_WakesThoseAtTheAddressInOrder) {
  int here = 0;
  int there = 0;
  AddressWait first(&here);
  AddressWait second(&here);
  AddressWait other(&there);
  first.Enqueue();
  other.Enqueue();
  second.Enqueue();
  EXPECT_EQ(Unpark(&here, 1), 1);
  EXPECT_EQ(Await(first, 0), ParkResult::kWoken);
  EXPECT_TRUE(AnyParked(&here, ~0u));
  EXPECT_EQ(Unpark(&here, kAll), 1);
  EXPECT_EQ(Await(second, 0), ParkResult::kWoken);
  EXPECT_FALSE(AnyParked(&here, ~0u));
  EXPECT_EQ(Unpark(&here, kAll), 0);
  EXPECT_TRUE(other.Withdraw());
  EXPECT_EQ(Unpark(&there, kAll), 0);
}

TEST(AddressParkTest, Unpark_GoesByTheMask) {
  int word = 0;
  AddressWait odd(&word, 1);
  AddressWait even(&word, 2);
  odd.Enqueue();
  even.Enqueue();
  EXPECT_EQ(Unpark(&word, kAll, 4), 0);
  EXPECT_EQ(Unpark(&word, 1, 2), 1);
  EXPECT_FALSE(even.Withdraw());
  EXPECT_TRUE(odd.Withdraw());
}

TEST(AddressParkTest, Front_IsWokenFirst) {
  int word = 0;
  AddressWait early(&word);
  AddressWait late(&word);
  early.Enqueue();
  late.Enqueue(AddressWait::Place::kFront);
  EXPECT_EQ(Unpark(&word, 1), 1);
  EXPECT_FALSE(late.Withdraw());
  EXPECT_TRUE(early.Withdraw());
}

TEST(AddressParkTest, TimeIsOver_LeavesTheTable) {
  int word = 0;
  AddressWait wait(&word);
  wait.Enqueue();
  EXPECT_EQ(Await(wait, DueAfter(absl::Microseconds(1))), ParkResult::kTimeout);
  EXPECT_EQ(Unpark(&word, 1), 0);
}

TEST(AddressParkTest, ManyAddresses_ShareListsAndStayApart) {
  // More addresses than there are lists.
  constexpr int kAddresses = 5000;
  static int words[kAddresses];
  std::deque<AddressWait> waits;
  for (int& word : words) waits.emplace_back(&word).Enqueue();
  for (int i = 0; i < kAddresses; i += 2) EXPECT_EQ(Unpark(&words[i], kAll), 1);
  for (int i = 0; i < kAddresses; ++i) {
    EXPECT_EQ(waits[static_cast<size_t>(i)].Withdraw(), i % 2 == 1);
  }
}

// A signal handler must not wait for a lock that the interrupted code holds.
TEST(AddressParkTest, HandlerInterruptsTheHolderOfTheLock_HolderWakes) {
  int word = 0;
  AddressWait wait(&word);
  wait.Enqueue();
  Bucket& bucket = BucketOf(&word);
  {
    const internal::LockGuard guard(bucket.lock);
    UnparkFromHandler(&word, 1);
  }
  EXPECT_TRUE(AnyParked(&word, ~0u));
  EXPECT_FALSE(wait.Withdraw());
}

TEST(AddressParkTest, HandlerFindsTheLockFree_Wakes) {
  int word = 0;
  AddressWait wait(&word);
  wait.Enqueue();
  UnparkFromHandler(&word, 1);
  EXPECT_FALSE(wait.Withdraw());
}

// The change came after the first check, before the thread was in the table: no
// wake-up will come.
TEST(WaitUntilTest, DoneOnceInTheTable_DoesNotWait) {
  int word = 0;
  int looks = 0;
  EXPECT_EQ(WaitUntil({.object = &word},
                      [&] {
                        EXPECT_TRUE(AnyParked(&word, ~0u));
                        looks++;
                        return true;
                      }),
            ParkResult::kWoken);
  EXPECT_EQ(looks, 1);
  EXPECT_FALSE(AnyParked(&word, ~0u));
}

TEST(WaitUntilTest, WokenWithoutNeed_PassesItOn) {
  int word = 0;
  AddressWait other(&word);
  WaitUntil({.object = &word}, [&] {
    other.Enqueue();
    EXPECT_EQ(Unpark(&word, 1), 1);
    return true;
  });
  EXPECT_FALSE(other.Withdraw());
}

// The object is taken even if the time is over.
TEST(WaitUntilTest, TimeIsOver_LooksALastTime) {
  int word = 0;
  int looks = 0;
  EXPECT_EQ(
      WaitUntil({.object = &word, .due_ns = DueAfter(absl::Microseconds(1))},
                [&] { return looks++ == 1; }),
      ParkResult::kWoken);
  EXPECT_EQ(looks, 2);
}

TEST(WaitUntilTest, Poll_LooksAgainUnwoken) {
  std::atomic<int> word{0};
  std::thread changer([&] { word = 1; });
  EXPECT_EQ(
      WaitUntil({.object = &word, .poll = true}, [&] { return word == 1; }),
      ParkResult::kWoken);
  changer.join();
}

}  // namespace
}  // namespace jiffy::interpose
