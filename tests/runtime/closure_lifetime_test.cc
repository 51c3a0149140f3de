// A thread's callable and its arguments are destroyed exactly once: after the
// thread, by its exception, or when it could not be spawned.
#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// Counts the objects alive; an object destroyed twice makes it negative.
struct Counted {
  explicit Counted(std::atomic<int>* alive) : alive(alive) { ++*alive; }
  Counted(const Counted& other) : alive(other.alive) { ++*alive; }
  Counted(Counted&& other) noexcept : alive(other.alive) { ++*alive; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*alive; }
  void operator()(std::atomic<int>* runs) const { ++*runs; }

  std::atomic<int>* alive;
};

class ClosureLifetimeTest : public EveryRunModeTest {};

TEST_P(ClosureLifetimeTest, ThreadEnded_CallableAndArgumentsAreDestroyed) {
  Run([] {
    std::atomic<int> alive = 0;
    std::atomic<int> runs = 0;
    {
      Thread thread;
      {
        // Otherwise the thread may have ended already.
        const NoPreempt guard;
        thread = Thread(Counted(&alive), &runs);
        EXPECT_EQ(alive, 1);
      }
      EXPECT_TRUE(thread.Join().ok());
    }
    EXPECT_EQ(alive, 0);
    Thread with_argument([](const Counted& c) { c.alive[0] += 0; },
                         Counted(&alive));
    EXPECT_TRUE(with_argument.Join().ok());
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(runs, 1);
  });
}

TEST_P(ClosureLifetimeTest, ThreadThrew_CallableIsDestroyed) {
  Run([] {
    std::atomic<int> alive = 0;
    Thread thread(
        [counted = Counted(&alive)] { throw std::runtime_error(""); });
    EXPECT_THROW(thread.Join().IgnoreError(), std::runtime_error);
    EXPECT_EQ(alive, 0);
  });
}

TEST_P(ClosureLifetimeTest, SpawnRefusedByOptions_CallableIsNotMoved) {
  Run([] {
    std::atomic<int> alive = 0;
    {
      Counted counted(&alive);
      const absl::StatusOr<Thread> thread = Thread::Spawn(
          {.nice = 100}, [](const Counted&) {}, std::move(counted));
      EXPECT_FALSE(thread.ok());
      EXPECT_EQ(alive, 1);
    }
    EXPECT_EQ(alive, 0);
  });
}

// A callable that fills the stack.
TEST_P(ClosureLifetimeTest, SpawnRefusedForItsSize_CallableIsDestroyed) {
  struct Large {
    explicit Large(std::atomic<int>* alive) : counted(alive) {}
    Counted counted;
    char room[kMinStackSize] = {};
  };
  Run([] {
    std::atomic<int> alive = 0;
    const absl::StatusOr<Thread> thread = Thread::Spawn(
        {.stack_size = kMinStackSize}, [](const Large&) {}, Large(&alive));
    EXPECT_FALSE(thread.ok());
    EXPECT_NE(thread.status().message().find("leaves no room"),
              std::string::npos)
        << thread.status();
    EXPECT_EQ(alive, 0);
  });
}

// The policy refuses last, when the callable has already been moved.
TEST(ClosureLifetime, SpawnRefusedByPolicy_CallableIsDestroyed) {
  const absl::Status status = jiffy::Run({.scheduler = "linux-0.01"}, [] {
    std::atomic<int> alive = 0;
    std::atomic<int> runs = 0;
    std::atomic<bool> may_end = false;
    {
      std::vector<Thread> threads;
      threads.reserve(62);
      for (int i = 0; i < 62; ++i) {
        threads.emplace_back([&] {
          while (!may_end) this_thread::Yield();
        });
      }
      for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(Thread::Spawn({}, Counted(&alive), &runs).ok());
      }
      EXPECT_EQ(alive, 0);
      may_end = true;
    }
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(runs, 0);
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(ClosureLifetimeTest, MoveToTheThreadThrows_SpawnerGetsTheException) {
  struct ThrowsOnMove {
    ThrowsOnMove() = default;
    // NOLINTNEXTLINE(*-noexcept-move-constructor,*-exception-escape): its use.
    ThrowsOnMove(ThrowsOnMove&&) { throw std::logic_error("unmovable"); }
    void operator()() const {}
  };
  Run([] {
    for (int i = 0; i < 100; ++i) {
      EXPECT_THROW(Thread{ThrowsOnMove()}, std::logic_error);
    }
    Thread thread([] {});
    EXPECT_TRUE(thread.Join().ok());
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ClosureLifetimeTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
