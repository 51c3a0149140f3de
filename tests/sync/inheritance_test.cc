// An inheriting mutex lends its holder the priority of its waiters, even
// through chains of mutexes, and takes it back.
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/entity.h"
#include "sched/registry.h"
#include "tests/runtime/run_fixture.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

ThreadOptions Fifo(const char* name, int priority) {
  return {.name = name,
          .priority = priority,
          .sched_class = sched::SchedClass::kFifo};
}

// The order in which threads reached a point.
class Order {
 public:
  Order() { text_.reserve(100); }
  void Add(std::string_view who) {
    const NoPreempt guard;
    text_ += who;
  }
  // To be called when all of them have ended.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class InheritanceTest : public ::testing::TestWithParam<std::string> {
 protected:
  // Three threads of real-time priorities 10, 20 and 30, as on Mars. Returns
  // which one came first: the important one or the one in between.
  static std::string FirstToFinish(PriorityInheritance inheritance) {
    Order order;
    RuntimeOptions options;
    options.scheduler = GetParam();
    const absl::Status status = jiffy::Run(options, [&] {
      Mutex bus(inheritance);
      Event low_has_it;
      Event go;
      // Above all of them, so that they start when it waits.
      Thread director(Fifo("director", 99), [&] {
        Thread low(Fifo("low", 10), [&] {
          bus.lock();
          low_has_it.Set();
          go.Wait();
          SpinForTicks(2);
          bus.unlock();
        });
        low_has_it.Wait();
        Thread medium(Fifo("medium", 20), [&] {
          go.Wait();
          SpinForTicks(5);
          order.Add("medium ");
        });
        Thread high(Fifo("high", 30), [&] {
          bus.lock();
          order.Add("high ");
          bus.unlock();
        });
        AwaitBlocked(medium);
        AwaitBlocked(high);
        go.Set();
      });
    });
    EXPECT_TRUE(status.ok()) << status;
    return order.text();
  }
};

TEST_P(InheritanceTest, Off_TheImportantWaitsForTheOneBetween) {
  EXPECT_EQ(FirstToFinish(PriorityInheritance::kOff), "medium high ");
}

TEST_P(InheritanceTest, On_ItDoesNot) {
  EXPECT_EQ(FirstToFinish(PriorityInheritance::kOn), "high medium ");
}

// high waits for b, whose holder waits for a, whose holder is low.
TEST_P(InheritanceTest, Chain_IsFollowedToItsEnd) {
  Order order;
  RuntimeOptions options;
  options.scheduler = GetParam();
  const absl::Status status = jiffy::Run(options, [&] {
    Mutex a(PriorityInheritance::kOn);
    Mutex b(PriorityInheritance::kOn);
    Event low_has_a;
    Event go;
    Thread director(Fifo("director", 99), [&] {
      Thread low(Fifo("low", 10), [&] {
        a.lock();
        low_has_a.Set();
        go.Wait();
        SpinForTicks(2);
        a.unlock();
        order.Add("low ");
      });
      low_has_a.Wait();
      Thread middle(Fifo("middle", 11), [&] {
        b.lock();
        a.lock();
        a.unlock();
        b.unlock();
        order.Add("middle ");
      });
      AwaitBlocked(middle);
      Thread between(Fifo("between", 20), [&] {
        go.Wait();
        SpinForTicks(5);
        order.Add("between ");
      });
      Thread high(Fifo("high", 30), [&] {
        b.lock();
        order.Add("high ");
        b.unlock();
      });
      AwaitBlocked(between);
      AwaitBlocked(high);
      go.Set();
    });
  });
  EXPECT_TRUE(status.ok()) << status;
  // The inherited priority ends with the unlock: low and middle finish after
  // between.
  EXPECT_EQ(order.text(), "high between middle low ");
}

TEST_P(InheritanceTest, SeveralWaiters_TheHighestIsNext) {
  Order order;
  RuntimeOptions options;
  options.scheduler = GetParam();
  const absl::Status status = jiffy::Run(options, [&] {
    Mutex mutex(PriorityInheritance::kOn);
    Thread director(Fifo("director", 99), [&] {
      mutex.lock();
      std::vector<Thread> threads;
      for (const int priority : {20, 40, 30}) {
        threads.emplace_back(Fifo("waiter", priority), [&, priority] {
          mutex.lock();
          order.Add(std::to_string(priority) + " ");
          mutex.unlock();
        });
        AwaitBlocked(threads.back());
      }
      mutex.unlock();
    });
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(order.text(), "40 30 20 ");
}

INSTANTIATE_TEST_SUITE_P(Policies, InheritanceTest,
                         ::testing::Values("linux-2.4", "linux-o1"),
                         [](const auto& info) {
                           return info.param == "linux-2.4"
                                      ? std::string("linux24")
                                      : std::string("linux_o1");
                         });

// Works as a plain mutex, under any policy.
TEST(Inheritance, ManyThreads_ExcludeEachOther) {
  for (const char* policy : {"rr", "linux-0.01", "linux-o1", "cfs"}) {
    int counter = 0;
    const absl::Status status = jiffy::Run(
        {.scheduler = policy, .time_slice = absl::Microseconds(100)}, [&] {
          Mutex a(PriorityInheritance::kOn);
          Mutex b(PriorityInheritance::kOn);
          std::vector<Thread> threads;
          for (int i = 0; i < kCrowd; ++i) {
            threads.emplace_back(ThreadOptions{.nice = i - 4}, [&, i] {
              for (int round = 0; round < 300; ++round) {
                a.lock();
                const int before = counter;
                if (round % 16 == i) this_thread::Yield();
                b.lock();
                counter = before + 1;
                b.unlock();
                a.unlock();
              }
            });
          }
          JoinAll(threads);
        });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(counter, kCrowd * 300);
  }
}

}  // namespace
}  // namespace jiffy
