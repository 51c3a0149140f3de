// Channels: every value sent is received once, in order; full, empty and closed
// channels behave as documented.
#include "runtime/sync/channel.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

class ChannelTest : public SyncTest {};

constexpr size_t kCapacities[] = {0, 1, 3, 64, kUnbounded};

TEST_P(ChannelTest, ManySendersAndReceivers_EachValueArrivesOnce) {
  Run([] {
    for (const size_t capacity : kCapacities) {
      Channel<int> channel(capacity);
      constexpr int kSenders = 4;
      constexpr int kValues = 300;
      std::vector<int> seen(kSenders * kValues, 0);
      // The values of one sender reach one receiver in order.
      std::vector<Thread> receivers;
      std::vector<Thread> senders;
      for (int i = 0; i < 3; ++i) {
        receivers.emplace_back([&] {
          int last[kSenders] = {-1, -1, -1, -1};
          for (const int value : channel) {
            seen[value]++;
            int& before = last[value / kValues];
            EXPECT_LT(before, value);
            before = value;
          }
        });
      }
      for (int i = 0; i < kSenders; ++i) {
        senders.emplace_back([&, i] {
          for (int v = 0; v < kValues; ++v) {
            EXPECT_TRUE(channel.Send(i * kValues + v).ok());
          }
        });
      }
      JoinAll(senders);
      EXPECT_TRUE(channel.Close());
      JoinAll(receivers);
      EXPECT_EQ(seen, std::vector<int>(kSenders * kValues, 1))
          << "capacity " << capacity;
    }
  });
}

TEST_P(ChannelTest, BetweenOsAndGreenThreads_EachValueArrivesOnce) {
  Run([] {
    for (const size_t capacity : kCapacities) {
      Channel<int> there(capacity);
      Channel<int> back(capacity);
      std::thread os([&] {
        for (const int value : there) EXPECT_TRUE(back.Send(value + 1).ok());
        back.Close();
      });
      Thread sender([&] {
        for (int i = 0; i < 500; ++i) EXPECT_TRUE(there.Send(i).ok());
        there.Close();
      });
      int next = 1;
      for (const int value : back) EXPECT_EQ(value, next++);
      EXPECT_EQ(next, 501);
      EXPECT_TRUE(sender.Join().ok());
      os.join();
    }
  });
}

TEST_P(ChannelTest, Unbuffered_SendWaitsUntilTheValueIsTaken) {
  Run([] {
    Channel<int> channel;
    bool sent = false;
    Thread sender([&] {
      EXPECT_TRUE(channel.Send(1).ok());
      sent = true;
    });
    AwaitBlocked(sender);
    EXPECT_FALSE(sent);
    EXPECT_EQ(channel.Size(), 0u);
    EXPECT_EQ(channel.Receive(), 1);
    EXPECT_TRUE(sender.Join().ok());
  });
}

TEST_P(ChannelTest, Bounded_TakesItsCapacity_ThenSendersWaitInOrder) {
  Run([] {
    Channel<std::unique_ptr<int>> channel(2);
    EXPECT_TRUE(channel.TrySend(std::make_unique<int>(0)));
    EXPECT_TRUE(channel.TrySend(std::make_unique<int>(1)));
    auto refused = std::make_unique<int>(9);
    EXPECT_FALSE(channel.TrySend(std::move(refused)));
    EXPECT_NE(refused, nullptr) << "a value that was not sent is kept";
    std::vector<Thread> senders;
    for (int i = 2; i < 6; ++i) {
      senders.emplace_back(
          [&, i] { EXPECT_TRUE(channel.Send(std::make_unique<int>(i)).ok()); });
      AwaitBlocked(senders.back());
    }
    EXPECT_EQ(channel.Size(), 2u);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(**channel.Receive(), i);
    EXPECT_FALSE(channel.TryReceive().has_value());
    JoinAll(senders);
  });
}

TEST_P(ChannelTest, Closed_RefusesValues_GivesThoseItHas) {
  Run([] {
    Channel<int> channel(4);
    EXPECT_TRUE(channel.Send(1).ok());
    EXPECT_TRUE(channel.Send(2).ok());
    EXPECT_FALSE(channel.IsClosed());
    EXPECT_TRUE(channel.Close());
    EXPECT_FALSE(channel.Close());
    EXPECT_TRUE(channel.IsClosed());
    const absl::Status status = channel.Send(3);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(status.message(), "Channel::Send: the channel is closed");
    EXPECT_FALSE(channel.TrySend(3));
    EXPECT_EQ(channel.Receive(), 1);
    EXPECT_EQ(*channel.Receive(WaitOptions()), 2);
    EXPECT_EQ(channel.Receive(), std::nullopt);
    EXPECT_EQ(channel.Receive(WaitOptions()).status().code(),
              absl::StatusCode::kOutOfRange);
  });
}

TEST_P(ChannelTest, Close_WakesAllThatWait) {
  Run([] {
    Channel<int> empty;
    Channel<int> full(1);
    EXPECT_TRUE(full.Send(0).ok());
    std::vector<Thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] { EXPECT_EQ(empty.Receive(), std::nullopt); });
      threads.emplace_back([&] {
        EXPECT_EQ(full.Send(1).code(), absl::StatusCode::kFailedPrecondition);
      });
    }
    for (const Thread& thread : threads) AwaitBlocked(thread);
    empty.Close();
    full.Close();
    JoinAll(threads);
    EXPECT_EQ(full.Receive(), 0);
    EXPECT_EQ(full.Receive(), std::nullopt);
  });
}

TEST_P(ChannelTest, Waits_EndByTimeAndStop_AndLoseNothing) {
  Run([] {
    Channel<std::string> channel(1);
    EXPECT_EQ(
        channel.Receive({.timeout = absl::Milliseconds(1)}).status().code(),
        absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(channel.Send("first").ok());
    EXPECT_EQ(channel.Send("second", {.timeout = absl::Milliseconds(1)}).code(),
              absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(channel.Send("third", {.timeout = absl::Seconds(-1)}).code(),
              absl::StatusCode::kDeadlineExceeded);
    std::stop_source stop;
    Thread thread([&] { stop.request_stop(); });
    EXPECT_EQ(channel.Send("fourth", {.stop = stop.get_token()}).code(),
              absl::StatusCode::kCancelled);
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(channel.Receive(), "first");
    EXPECT_EQ(channel.Receive({.stop = stop.get_token()}).status().code(),
              absl::StatusCode::kCancelled);
  });
}

// Receivers' times are over at the moment when values come: none is lost.
TEST_P(ChannelTest, TimeIsOverJustThen_NoValueIsLost) {
  repetitions_ = 1;
  Run([] {
    for (const size_t capacity : {size_t{0}, size_t{2}}) {
      Channel<int> channel(capacity);
      int received = 0;
      std::vector<Thread> receivers;
      for (int i = 0; i < 4; ++i) {
        receivers.emplace_back([&] {
          for (;;) {
            const absl::StatusOr<int> value =
                channel.Receive({.timeout = absl::Microseconds(30)});
            if (absl::IsOutOfRange(value.status())) return;
            const NoPreempt guard;
            if (value.ok()) received++;
          }
        });
      }
      // Joining an OS thread blocks the worker, for which that thread may wait.
      Event os_done;
      std::thread os([&] {
        for (int i = 0; i < 200; ++i) EXPECT_TRUE(channel.Send(i).ok());
        os_done.Set();
      });
      for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(channel.Send(i).ok());
        if (i % 8 == 0) this_thread::SleepFor(absl::Microseconds(40));
      }
      os_done.Wait();
      os.join();
      channel.Close();
      JoinAll(receivers);
      EXPECT_EQ(received, 400);
    }
  });
}

// Counts its objects.
struct Counted {
  explicit Counted(int* c) : count(c) { ++*count; }
  Counted(Counted&& other) noexcept : count(other.count) { ++*count; }
  Counted& operator=(Counted&&) = delete;
  ~Counted() { --*count; }
  int* count;
};

TEST_P(ChannelTest, ValuesLeftInIt_AreDestroyedWithIt) {
  Run([] {
    int alive = 0;
    for (const size_t capacity : {size_t{8}, kUnbounded}) {
      {
        Channel<Counted> channel(capacity);
        for (int i = 0; i < 5; ++i) {
          EXPECT_TRUE(channel.Send(Counted(&alive)).ok());
        }
        EXPECT_EQ(alive, 5);
        channel.Receive();
        EXPECT_EQ(alive, 4);
      }
      EXPECT_EQ(alive, 0);
    }
  });
}

// Takes long to move, if asked to; other threads run meanwhile.
struct Slow {
  explicit Slow(std::atomic<bool>* m, absl::Duration t = absl::Milliseconds(5))
      : moving(m), time(t) {}
  Slow(Slow&& other) noexcept : moving(other.moving), time(other.time) {
    if (moving->exchange(true)) return;
    this_thread::SleepFor(time);
  }
  Slow& operator=(Slow&&) = delete;
  std::atomic<bool>* moving;
  absl::Duration time;
};

TEST_P(ChannelTest, ClosedWhileAValueIsOnItsWay_ItStillArrives) {
  Run([] {
    for (const size_t capacity : {size_t{1}, kUnbounded}) {
      std::atomic<bool> moving = false;
      Channel<Slow> channel(capacity);
      Thread sender([&] { EXPECT_TRUE(channel.Send(Slow(&moving)).ok()); });
      while (!moving) this_thread::SleepFor(absl::Microseconds(10));
      EXPECT_TRUE(channel.Close());
      EXPECT_TRUE(channel.Receive().has_value());
      EXPECT_FALSE(channel.Receive().has_value());
      EXPECT_TRUE(sender.Join().ok());
    }
  });
}

TEST_P(ChannelTest, TimeIsOverWhileAValueIsHandedOver_ItArrives) {
  Run([] {
    // The sender must come while the receiver waits; a busy machine may delay
    // it.
    bool sent = false;
    for (absl::Duration timeout = absl::Milliseconds(2); !sent; timeout *= 2) {
      std::atomic<bool> moving = false;
      bool received = false;
      Channel<Slow> channel;
      Thread receiver(
          [&] { received = channel.Receive({.timeout = timeout}).ok(); });
      AwaitBlocked(receiver);
      // Longer than the receiver waits.
      sent = channel.TrySend(Slow(&moving, 3 * timeout));
      EXPECT_TRUE(receiver.Join().ok());
      EXPECT_EQ(received, sent);
    }
  });
}

TEST_P(ChannelTest, Unbounded_HoldsALot) {
  Run([] {
    Channel<int> channel(kUnbounded);
    for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(channel.Send(i).ok());
    EXPECT_EQ(channel.Size(), 10'000u);
    for (int i = 0; i < 10'000; ++i) EXPECT_EQ(channel.Receive(), i);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ChannelTest,
                         ::testing::ValuesIn(SyncModes()), RunModeName);

}  // namespace
}  // namespace jiffy
