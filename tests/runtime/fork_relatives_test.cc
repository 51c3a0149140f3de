// The relatives of fork(), and calls of fork() from special code.

#include <spawn.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/fork_testing.h"
#include "tests/runtime/run_fixture.h"

extern char** environ;

namespace jiffy {
namespace {

// Not inlined, so that the child cannot damage the caller's variables.
[[gnu::noinline]] pid_t RunTrueByVfork() {
  const pid_t child = vfork();
  if (child == 0) {
    execl("/bin/true", "true", nullptr);
    _exit(1);
  }
  return child;
}

TEST_P(Fork, RelativesOfFork_RunTheirChildAndNobodyElse) {
  SharedCount strays;
  Run([&] {
    Others others(strays);
    others.mutex().lock();
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(ExitCodeOf(RunTrueByVfork()), 0);
      const pid_t bare = _Fork();
      if (bare == 0) {
        Compute(300'000);
        _exit(3);
      }
      EXPECT_EQ(ExitCodeOf(bare), 3);
      pid_t spawned = 0;
      char name[] = "true";
      char* arguments[] = {name, nullptr};
      ASSERT_EQ(posix_spawn(&spawned, "/bin/true", nullptr, nullptr, arguments,
                            environ),
                0);
      EXPECT_EQ(ExitCodeOf(spawned), 0);
      EXPECT_EQ(WEXITSTATUS(system("exit 5")), 5);
      FILE* pipe = popen("echo out", "r");
      ASSERT_NE(pipe, nullptr);
      char text[16] = {};
      EXPECT_EQ(fread(text, 1, sizeof text, pipe), 4u);
      EXPECT_STREQ(text, "out\n");
      EXPECT_EQ(pclose(pipe), 0);
    }
    others.mutex().unlock();
    others.Join();
  });
  EXPECT_EQ(*strays, 0u);
}

// Threads that fork at the same time, during each other's forks.
TEST_P(Fork, SeveralThreadsAtOnce_EachChildHasItsOwn) {
  SharedCount strays;
  std::atomic<int> good{0};
  Run([&] {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 3; ++round) {
          const pid_t parent = getpid();
          const pid_t child = fork();
          if (child == 0) {
            CHILD_MUST(CurrentStats().live_threads == 1);
            std::string text;
            Thread thread([&] { text.assign(1'000, 'x'); });
            CHILD_MUST(thread.Join().ok());
            _exit(text.size() == 1'000 ? 0 : 1);
          }
          if (getpid() != parent) (*strays)++;
          if (ExitCodeOf(child) == 0) good++;
        }
      });
    }
  });
  EXPECT_EQ(good, 12);
  EXPECT_EQ(*strays, 0u);
}

TEST_P(Fork, InNoPreempt_GuardHoldsInTheChild) {
  Run([&] {
    std::atomic<bool> stop{false};
    Thread other([&] {
      while (!stop) this_thread::Yield();
    });
    pid_t child;
    {
      const NoPreempt guard;
      child = fork();
      if (child == 0) {
        std::atomic<bool> ran{false};
        Thread thread([&] { ran = true; });
        Compute(1'000'000);
        CHILD_MUST(!ran);
        CHILD_MUST(thread.Join().ok());
        CHILD_MUST(ran);
        _exit(0);
      }
    }
    EXPECT_EQ(ExitCodeOf(child), 0);
    stop = true;
  });
}

// exit() does the same as in any thread.
TEST_P(Fork, ChildCallsExit_EndsByIt) {
  SharedCount exits;
  static SharedCount* counted;
  counted = &exits;
  Run([&] {
    SharedCount strays;
    Others others(strays);
    others.mutex().lock();
    // Otherwise exit() would write the buffered output again.
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      std::atexit([] { (**counted)++; });
      exit(4);
    }
    EXPECT_EQ(ExitCodeOf(child), 4);
    others.mutex().unlock();
    others.Join();
    EXPECT_EQ(*strays, 0u);
  });
  EXPECT_EQ(*exits, 1u);
}

TEST(ForkTrace, TracedRun_FileIsTheParents) {
  const std::string path = ::testing::TempDir() + "/fork.trace.json";
  unlink(path.c_str());
  const pid_t parent = getpid();
  pid_t child = 0;
  RuntimeOptions options;
  options.trace_file = path;
  const absl::Status status = jiffy::Run(options, [&] {
    Thread other({.name = "of_the_parent"}, [] { this_thread::Yield(); });
    child = fork();
    if (child == 0) {
      Thread thread({.name = "of_the_child"}, [] { this_thread::Yield(); });
      thread.Join().IgnoreError();
      other.Detach().IgnoreError();
      return;
    }
    EXPECT_EQ(ExitCodeOf(child), 0);
  });
  if (getpid() != parent) {
    CHILD_MUST(access(path.c_str(), F_OK) != 0);
    _exit(status.ok() ? 0 : 1);
  }
  EXPECT_TRUE(status.ok()) << status;
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(text.find("of_the_parent"), std::string::npos);
  EXPECT_EQ(text.find("of_the_child"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(, Fork, ForkModes(), ForkModeName);
}  // namespace
}  // namespace jiffy
