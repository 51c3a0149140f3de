// setuid and its family change all threads of the process, whatever the worker
// is doing when libc tells them.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <thread>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class SetuidTest : public EveryRunModeTest {
 protected:
  bool preempts() const { return GetParam().scheduler != "fifo"; }
};

// Threads that compute, and so are on the CPU when the signal comes.
template <typename Fn>
void AmongManyThreads(bool preempts, Fn fn) {
  std::atomic<bool> stop{false};
  std::deque<Thread> threads;
  for (int i = 0; i < 30; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        if (!preempts) this_thread::SleepFor(absl::Microseconds(20));
      }
    });
  }
  fn();
  stop = true;
  for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
}

void SetEverythingToWhatItIs() {
  EXPECT_EQ(setuid(getuid()), 0);
  EXPECT_EQ(setgid(getgid()), 0);
  EXPECT_EQ(seteuid(geteuid()), 0);
  EXPECT_EQ(setegid(getegid()), 0);
  EXPECT_EQ(setreuid(getuid(), geteuid()), 0);
  EXPECT_EQ(setregid(getgid(), getegid()), 0);
  EXPECT_EQ(setresuid(getuid(), geteuid(), geteuid()), 0);
  EXPECT_EQ(setresgid(getgid(), getegid(), getegid()), 0);
}

TEST_P(SetuidTest, Family_InAGreenThread) {
  Run([this] {
    AmongManyThreads(preempts(), [] {
      for (int i = 0; i < 20; ++i) {
        SetEverythingToWhatItIs();
        this_thread::SleepFor(absl::Microseconds(20));
      }
    });
  });
}

TEST_P(SetuidTest, Family_InAnOsThread) {
  Run([this] {
    AmongManyThreads(preempts(), [] {
      std::atomic<bool> done{false};
      std::thread os_thread([&] {
        for (int i = 0; i < 20; ++i) SetEverythingToWhatItIs();
        done = true;
      });
      while (!done) this_thread::SleepFor(absl::Microseconds(20));
      os_thread.join();
    });
  });
}

// Whether there is another user to change to: not for ordinary users, nor for
// root in a user namespace of a single user.
bool CanChangeUser() {
  const pid_t child = fork();
  if (child == 0) _exit(seteuid(65534) == 0 ? 0 : 1);
  int status = 1;
  waitpid(child, &status, 0);
  return status == 0;
}

// All threads of the process change, including those that only the kernel
// knows.
TEST_P(SetuidTest, Seteuid_ChangesTheWorkerAndOtherOsThreads) {
  // Only root may, and a sandbox's user namespace may have no other user.
  if (!CanChangeUser()) GTEST_SKIP() << "there is no user to change to";
  Run([this] {
    AmongManyThreads(preempts(), [] {
      std::atomic<int> step{0};
      uid_t seen = 0;
      std::thread os_thread([&] {
        while (step != 1) std::this_thread::yield();
        seen = geteuid();
        EXPECT_EQ(seteuid(0), 0);
        step = 2;
      });
      EXPECT_EQ(seteuid(65534), 0);
      EXPECT_EQ(geteuid(), 65534u);
      step = 1;
      while (step != 2) this_thread::SleepFor(absl::Microseconds(20));
      EXPECT_EQ(geteuid(), 0u);
      EXPECT_EQ(seen, 65534u);
      os_thread.join();
    });
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, SetuidTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
