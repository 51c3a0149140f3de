// Select: exactly one case happens, none is starved, and nothing is lost when
// several could.
#include "runtime/sync/select.h"

#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

class SelectTest : public SyncTest {};

TEST_P(SelectTest, FirstThatHappens_IsCalled_AndItsIndexReturned) {
  Run([] {
    Channel<int> a;
    Channel<std::string> b;
    Thread sender([&] { EXPECT_TRUE(b.Send("hello").ok()); });
    std::string got;
    const int which = Select(
        OnReceive(a, [](std::optional<int>) { ADD_FAILURE(); }),
        OnReceive(b,
                  [&](std::optional<std::string> s) { got = s.value_or(""); }));
    EXPECT_EQ(which, 1);
    EXPECT_EQ(got, "hello");
    EXPECT_TRUE(sender.Join().ok());
  });
}

TEST_P(SelectTest, SeveralReady_EachHasItsTurn) {
  Run([] {
    Channel<int> a(kUnbounded);
    Channel<int> b(kUnbounded);
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(a.Send(i).ok());
      EXPECT_TRUE(b.Send(i).ok());
    }
    int counts[2] = {0, 0};
    for (int i = 0; i < 200; ++i) {
      counts[Select(OnReceive(a, [](std::optional<int>) {}),
                    OnReceive(b, [](std::optional<int>) {}))]++;
    }
    // Each would be below 50 once in 10^12 runs; all runs draw the same
    // numbers.
    EXPECT_GT(counts[0], 50);
    EXPECT_GT(counts[1], 50);
  });
}

TEST_P(SelectTest, Default_DoesNotWait) {
  Run([] {
    Channel<int> channel;
    EXPECT_EQ(Select(OnReceive(channel, [](std::optional<int>) {}),
                     OnSend(channel, 1, [](const absl::Status&) {}),
                     OnDefault([] {})),
              2);
    Channel<int> ready(1);
    EXPECT_TRUE(ready.Send(1).ok());
    EXPECT_EQ(Select(OnDefault([] {}), OnReceive(ready, [](auto) {})), 1);
  });
}

TEST_P(SelectTest, Timeout_TheShortestOne) {
  Run([] {
    Channel<int> channel;
    EXPECT_EQ(Select(OnTimeout(absl::Seconds(1000), [] {}),
                     OnReceive(channel, [](std::optional<int>) {}),
                     OnTimeout(absl::Milliseconds(1), [] {})),
              2);
    EXPECT_EQ(Select(OnReceive(channel, [](std::optional<int>) {}),
                     OnTimeout(absl::Seconds(-1), [] {})),
              1);
    // The channel is unchanged.
    EXPECT_FALSE(channel.TrySend(1));
  });
}

TEST_P(SelectTest, StopAndTimer_AreCases) {
  Run([] {
    Channel<int> channel;
    std::stop_source stop;
    Timer timer;
    const auto select = [&] {
      return Select(OnReceive(channel, [](std::optional<int>) {}),
                    OnStop(stop.get_token(), [] {}), OnTimer(timer, [] {}));
    };
    EXPECT_TRUE(timer.Set(absl::Milliseconds(1)).ok());
    EXPECT_EQ(select(), 2);
    EXPECT_EQ(select(), 2) << "it has still gone off";
    EXPECT_TRUE(timer.Set(absl::Seconds(1000)).ok());
    Thread stopper([&] { stop.request_stop(); });
    EXPECT_EQ(select(), 1);
    EXPECT_EQ(select(), 1);
    EXPECT_TRUE(stopper.Join().ok());
    EXPECT_TRUE(timer.Cancel());
  });
}

TEST_P(SelectTest, Closed_IsReady_NullNever) {
  Run([] {
    Channel<int> closed;
    closed.Close();
    bool called = false;
    EXPECT_EQ(
        Select(OnReceive(
            closed, [&](std::optional<int> v) { called = !v.has_value(); })),
        0);
    EXPECT_TRUE(called);
    EXPECT_EQ(Select(OnSend(closed, 1,
                            [](const absl::Status& status) {
                              EXPECT_EQ(status.code(),
                                        absl::StatusCode::kFailedPrecondition);
                            })),
              0);
    Channel<int>* none = nullptr;
    EXPECT_EQ(Select(OnReceive(none, [](std::optional<int>) {}),
                     OnSend(none, 1, [](const absl::Status&) {}),
                     OnTimeout(absl::Milliseconds(1), [] {})),
              2);
  });
}

// Threads that select to send and to receive on the same channels meet each
// other; every value sent is received once.
TEST_P(SelectTest, SelectsMeetSelects_NothingIsLostOrDoubled) {
  repetitions_ = 1;
  Run([] {
    Channel<int> a;
    Channel<int> b(1);
    int sent = 0;
    int received = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 200; ++round) {
          const auto count_sent = [&](const absl::Status& status) {
            EXPECT_TRUE(status.ok());
            const NoPreempt guard;
            sent++;
          };
          const auto count_received = [&](std::optional<int> value) {
            EXPECT_TRUE(value.has_value());
            const NoPreempt guard;
            received++;
          };
          Select(OnSend(a, round, count_sent), OnReceive(b, count_received),
                 OnSend(b, round, count_sent), OnReceive(a, count_received),
                 OnTimeout(absl::Microseconds(50), [] {}));
        }
      });
    }
    JoinAll(threads);
    EXPECT_EQ(received + static_cast<int>(b.Size()), sent);
    EXPECT_GT(sent, 0);
  });
}

TEST_P(SelectTest, OsThreadsSelectAsWell) {
  repetitions_ = 1;
  Run([] {
    Channel<int> a;
    Channel<int> b;
    long sum = 0;
    std::thread os([&] {
      for (int i = 0; i < 200; ++i) {
        Select(OnSend(a, 1, [](const absl::Status&) {}),
               OnSend(b, 2, [](const absl::Status&) {}));
      }
      a.Close();
      b.Close();
    });
    int values = 0;
    Channel<int>* open_a = &a;
    Channel<int>* open_b = &b;
    while (open_a != nullptr || open_b != nullptr) {
      Select(OnReceive(open_a,
                       [&](std::optional<int> v) {
                         if (!v.has_value()) open_a = nullptr;
                         values += v.has_value();
                         sum += v.value_or(0);
                       }),
             OnReceive(open_b, [&](std::optional<int> v) {
               if (!v.has_value()) open_b = nullptr;
               values += v.has_value();
               sum += v.value_or(0);
             }));
    }
    os.join();
    EXPECT_EQ(values, 200);
    EXPECT_GE(sum, 200);
  });
}

// A stop is requested at the moment when other events happen.
TEST_P(SelectTest, StopRequestedJustThen_IsNotLost) {
  repetitions_ = 1;
  Run([] {
    for (int i = 0; i < 200; ++i) {
      Channel<int> channel;
      std::stop_source stop;
      std::thread os([&] { stop.request_stop(); });
      EXPECT_EQ(Select(OnReceive(channel, [](std::optional<int>) {}),
                       OnStop(stop.get_token(), [] {})),
                1);
      os.join();
    }
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, SelectTest, ::testing::ValuesIn(SyncModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
