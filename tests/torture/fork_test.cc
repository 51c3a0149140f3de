// fork() in a green thread while others compute: the child has only that
// thread, preempts the threads that it spawns, and ends without effects in the
// parent.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"

namespace jiffy::torture {
namespace {

constexpr int kHogs = 8;

struct Hogs {
  std::array<std::atomic<uint64_t>, kHogs> progress = {};
  std::atomic<bool> stop{false};
  std::atomic<bool> wrong{false};
};

// Allocates, fills, checks and frees, and never yields.
void Compute(Hogs& hogs, int number) {
  const char letter = static_cast<char>('a' + number);
  while (!hogs.stop) {
    std::vector<std::string> texts;
    for (size_t i = 1; i <= 10; ++i) texts.emplace_back(i * 30, letter);
    for (size_t i = 1; i <= 10; ++i) {
      if (texts[i - 1] != std::string(i * 30, letter)) hogs.wrong = true;
    }
    hogs.progress[static_cast<size_t>(number)].fetch_add(1);
  }
}

// Waits until each hog made progress, which preemption must bring about.
void AwaitProgress(const Hogs& hogs) {
  std::array<uint64_t, kHogs> before;
  for (size_t i = 0; i < kHogs; ++i) before[i] = hogs.progress[i];
  for (size_t i = 0; i < kHogs; ++i) {
    while (hogs.progress[i] < before[i] + 10) {
    }
  }
}

// The code of the child. Ends the process with 0 on success.
[[noreturn]] void LiveInChild(Hogs& hogs) {
  const uint64_t before = hogs.progress[0];
  this_thread::SleepFor(absl::Milliseconds(1));
  if (hogs.progress[0] != before) _exit(6);
  std::atomic<int> ran{0};
  constexpr int kThreads = 10;
  for (int i = 0; i < kThreads; ++i) {
    Thread thread([&] { ran.fetch_add(1); });
    if (!thread.Join().ok()) _exit(2);
  }
  Hogs more;
  std::vector<Thread> threads;
  for (int i = 0; i < kHogs; ++i) {
    threads.emplace_back([&more, i] { Compute(more, i); });
  }
  AwaitProgress(more);
  more.stop = true;
  for (Thread& thread : threads) {
    if (!thread.Join().ok()) _exit(3);
  }
  if (ran != kThreads) _exit(4);
  if (hogs.wrong || more.wrong) _exit(5);
  _exit(0);
}

// Waits for the child without stopping other threads. Returns the child's
// status.
int Await(pid_t child) {
  int status = -1;
  while (waitpid(child, &status, WNOHANG) == 0) {
    this_thread::SleepFor(absl::Microseconds(500));
  }
  return status;
}

class Fork : public ::testing::TestWithParam<int> {};

TEST_P(Fork, InGreenThreadAmongHogs_ChildPreemptsAndParentGoesOn) {
  Hogs hogs;
  const absl::Status status =
      jiffy::Run({.time_slice = absl::Microseconds(GetParam())}, [&] {
        std::vector<Thread> threads;
        for (int i = 0; i < kHogs; ++i) {
          threads.emplace_back([&hogs, i] { Compute(hogs, i); });
        }
        AwaitProgress(hogs);
        for (int round = 0; round < 3; ++round) {
          const pid_t child = fork();
          ASSERT_GE(child, 0);
          if (child == 0) LiveInChild(hogs);
          AwaitProgress(hogs);
          const int child_status = Await(child);
          EXPECT_TRUE(WIFEXITED(child_status)) << child_status;
          EXPECT_EQ(WEXITSTATUS(child_status), 0);
        }
        AwaitProgress(hogs);
        hogs.stop = true;
        for (Thread& thread : threads) ASSERT_TRUE(thread.Join().ok());
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_FALSE(hogs.wrong);
}

INSTANTIATE_TEST_SUITE_P(, Fork, ::testing::Values(1'000, 100),
                         [](const auto& info) {
                           return std::to_string(info.param) + "us";
                         });

// The hogs fork too, from wherever they are.
TEST(ForkOften, SeveralThreadsAtOnce_AllChildrenLive) {
  std::atomic<int> children{0};
  const absl::Status status =
      jiffy::Run({.time_slice = absl::Microseconds(100)}, [&] {
        std::vector<Thread> threads;
        for (int i = 0; i < kHogs; ++i) {
          threads.emplace_back([&] {
            for (int round = 0; round < 3; ++round) {
              const pid_t child = fork();
              if (child == 0) {
                std::string text;
                Thread thread([&] { text = std::string(1'000, 'x'); });
                const bool joined = thread.Join().ok();
                _exit(joined && text == std::string(1'000, 'x') ? 0 : 1);
              }
              if (child > 0 && Await(child) == 0) children.fetch_add(1);
            }
          });
        }
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(children.load(), kHogs * 3);
}

}  // namespace
}  // namespace jiffy::torture
