// The promises of every policy, tested with live threads that a timer preempts:
// the counterpart of tests/sched/conformance_test.cc.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/park.h"
#include "signals/preempt.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/strict_policy.h"
#include "tests/runtime/watched_run.h"

namespace jiffy {
namespace {

unsigned Seed() {
  const char* const seed = std::getenv("JIFFY_SEED");
  return seed == nullptr ? 1 : static_cast<unsigned>(std::atol(seed));
}

class ConformanceTest : public WatchedRunTest,
                        public testing::WithParamInterface<std::string> {};

// A thread that does a number of random things, some of them with other
// threads.
class Wanderer {
 public:
  Wanderer(unsigned seed, std::vector<Wanderer>& all)
      : random_(seed), all_(all) {}

  void Run() {
    {
      signals::PreemptGuard guard;
      ref_ = ThreadRef::Current();
      alive_ = true;
    }
    for (int i = 0; i < kSteps; ++i) {
      Step();
      ++steps_;
    }
    signals::PreemptGuard guard;
    alive_ = false;
  }

  int steps() const { return steps_; }
  static constexpr int kSteps = 150;

 private:
  int Below(unsigned bound) { return static_cast<int>(random_() % bound); }

  void Step() {
    switch (Below(8)) {
      case 0:
        this_thread::Yield();
        break;
      case 1:
        this_thread::SleepFor(absl::Microseconds(Below(200)));
        break;
      case 2: {
        // Asleep, unless another thread wakes it before its time.
        signals::PreemptGuard guard;
        parked_ = true;
        Park(deadline());
        parked_ = false;
        break;
      }
      case 3: {
        Wanderer& other = all_[static_cast<size_t>(
            Below(static_cast<unsigned>(all_.size())))];
        signals::PreemptGuard guard;
        if (other.alive_ && other.parked_) other.ref_.Wake();
        break;
      }
      case 4: {
        NoPreempt guard;
        Compute(Below(20'000));
        break;
      }
      case 5: {
        Thread child([this] { Compute(Below(1'000)); });
        EXPECT_TRUE(child.Join().ok());
        break;
      }
      case 6: {
        signals::PreemptGuard guard;
        ref_.SetParams({.nice = Below(40) - 20, .priority = Below(20)});
        break;
      }
      default:
        Compute(Below(100'000));
    }
  }

  int64_t deadline() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec +
           Below(300) * 1000;
  }

  std::mt19937 random_;
  std::vector<Wanderer>& all_;
  ThreadRef ref_;
  bool alive_ = false;
  bool parked_ = false;
  int steps_ = 0;
};

TEST_P(ConformanceTest, RandomThreads_Preempted_NobodyIsLostOrDoubled) {
  const unsigned seed = Seed();
  std::cout << "JIFFY_SEED=" << seed << '\n';
  // Linux 0.01 has room for 63, the main thread and children among them.
  constexpr unsigned kThreads = 20;
  repetitions_ = 1;
  spare_slots_ = kThreads + 1;
  Watch(GetParam());
  std::vector<Wanderer> wanderers;
  wanderers.reserve(kThreads);
  for (unsigned i = 0; i < kThreads; ++i) {
    wanderers.emplace_back(seed * kThreads + i, wanderers);
  }
  Run([&] {
    std::vector<Thread> threads;
    for (Wanderer& wanderer : wanderers) {
      threads.emplace_back([&wanderer] { wanderer.Run(); });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  });
  for (const Wanderer& wanderer : wanderers) {
    EXPECT_EQ(wanderer.steps(), Wanderer::kSteps);
  }
  EXPECT_EQ(account_.mistake, nullptr);
  EXPECT_EQ(account_.attached, account_.detached);
  EXPECT_GT(account_.attached, kThreads);
  EXPECT_GT(account_.picks, kThreads * Wanderer::kSteps / 4);
}

INSTANTIATE_TEST_SUITE_P(Policies, ConformanceTest,
                         testing::ValuesIn(PolicyNames()),
                         [](const auto& info) { return TestName(info.param); });

// A policy that promises a bound on the wait of a runnable thread.
struct Promise {
  std::string policy;
  // In ticks, for one of `threads` threads that only compute.
  uint64_t (*longest_wait)(uint64_t threads);
  std::vector<std::pair<std::string, std::string>> params = {};
};

constexpr int64_t kTickMs = 1;
constexpr uint64_t kSliceTicks = 3;
constexpr uint64_t kHogs = 4;

class BoundedWaitTest : public WatchedRunTest,
                        public testing::WithParamInterface<Promise> {
 protected:
  // Lets kHogs threads compute under a policy until `ticks` calls of Tick were
  // made.
  PolicyAccount RunHogs(const Promise& promise, uint64_t ticks) {
    options_.tick = absl::Milliseconds(kTickMs);
    options_.time_slice = absl::Milliseconds(kTickMs * kSliceTicks);
    repetitions_ = 1;
    options_.scheduler_params = promise.params;
    Watch(promise.policy);
    const volatile uint64_t& passed = account_.ticks;
    Run([&] {
      std::vector<Thread> hogs;
      for (uint64_t i = 0; i < kHogs; ++i) {
        hogs.emplace_back([&] {
          while (passed < ticks) Compute(1'000);
        });
      }
      for (Thread& hog : hogs) EXPECT_TRUE(hog.Join().ok());
    });
    EXPECT_EQ(account_.mistake, nullptr);
    return account_;
  }
};

TEST_P(BoundedWaitTest, LongestWait_OfHogs_IsBelowThePromise) {
  const uint64_t promised = GetParam().longest_wait(kHogs);
  const PolicyAccount account = RunHogs(GetParam(), 4 * promised);
  // A busy machine may deliver several ticks at once, which are charged at
  // once: the thread that had the CPU pays for all of them.
  const auto at_once = static_cast<uint64_t>(account.most_ticks_at_once);
  std::cout << "longest wait: " << account.longest_wait << " ticks, promised "
            << promised << ", at most " << at_once << " at once\n";
  EXPECT_LE(account.longest_wait, promised * (at_once + 1));
  EXPECT_GT(account.longest_wait, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Policies, BoundedWaitTest,
    testing::Values(
        // The reasons are those of tests/sched/bounded_wait_test.cc.
        Promise{"rr", [](uint64_t n) { return (n - 1) * kSliceTicks; }},
        Promise{"linux-0.01", [](uint64_t n) { return 2 * (n - 1) * 15; }},
        // Its slice is 41 ticks where a second has a thousand.
        Promise{"linux-2.4", [](uint64_t n) { return 2 * (n - 1) * 41; }},
        Promise{"linux-o1", [](uint64_t n) { return (n - 1) * 100; }},
        // A slice of 1.5 ms, for four, takes two ticks.
        Promise{"cfs", [](uint64_t n) { return 2 * 2 * (n - 1); }},
        Promise{"eevdf", [](uint64_t n) { return 2 * 2 * (n - 1); }},
        Promise{"stride", [](uint64_t n) { return 2 * (n - 1) * kSliceTicks; }},
        Promise{"mlfq",
                [](uint64_t n) { return 50 + (n - 1) * kSliceTicks; },
                {{"boost_ms", "50"}}}),
    [](const auto& info) { return TestName(info.param.policy); });

// Shows that the meter above detects starvation.
class StarvationTest : public BoundedWaitTest {};

TEST_F(StarvationTest, LongestWait_UnderFifo_IsMostOfTheRun) {
  constexpr uint64_t kTicks = 50;
  const PolicyAccount account =
      RunHogs({"fifo", [](uint64_t) { return uint64_t{0}; }}, kTicks);
  // Without the ticks that spawning takes.
  EXPECT_GE(account.longest_wait, kTicks / 2);
}

}  // namespace
}  // namespace jiffy
