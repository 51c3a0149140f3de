// A program's signal handler forks: in a thread, in the idle loop, and in the
// middle of the scheduler's work.

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"
#include "sched/scheduler.h"
#include "tests/runtime/fork_testing.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/strict_policy.h"

namespace jiffy {
namespace {

RuntimeOptions Options() {
  return {.scheduler = "rr", .time_slice = RealTick(absl::Microseconds(100))};
}

constinit std::atomic<pid_t> handlers_child{0};
constinit std::atomic<int> forks_to_go{0};

void ForkInHandler(int) {
  if (forks_to_go == 0) return;
  forks_to_go--;
  // The handler must preserve errno for the code that it interrupts.
  const int saved_errno = errno;
  const pid_t child = fork();
  if (child == 0) {
    handlers_child = getpid();
  } else {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) handlers_child = -1;
  }
  errno = saved_errno;
}

// In microseconds of CPU time; 0 means never. A child has no such timer.
void CallHandlerEvery(int us) {
  itimerval timer = {};
  timer.it_interval.tv_usec = us;
  timer.it_value.tv_usec = us;
  setitimer(ITIMER_VIRTUAL, &timer, nullptr);
}

class ForkInAHandler : public ::testing::Test {
 protected:
  ForkInAHandler() {
    handlers_child = 0;
    struct sigaction action = {};
    action.sa_handler = &ForkInHandler;
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, &old_);
    sigaction(SIGVTALRM, &action, nullptr);
  }
  ~ForkInAHandler() override {
    sigaction(SIGUSR1, &old_, nullptr);
    signal(SIGVTALRM, SIG_DFL);
  }
  struct sigaction old_;
};

TEST_F(ForkInAHandler, OfAThread_ItGoesOnAloneInTheChild) {
  const absl::Status status = jiffy::Run(Options(), [] {
    std::atomic<bool> stop{false};
    Thread other([&] {
      while (!stop) this_thread::Yield();
    });
    forks_to_go = 1;
    raise(SIGUSR1);
    if (handlers_child == getpid()) {
      CHILD_MUST(CurrentStats().live_threads == 1);
      this_thread::SleepFor(absl::Milliseconds(1));
      _exit(0);
    }
    stop = true;
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(handlers_child, 0);
}

TEST_F(ForkInAHandler, OfTheIdleLoop_RunEndsInTheChild) {
  const pid_t parent = getpid();
  const pthread_t self = pthread_self();
  forks_to_go = 1;
  std::thread sender;
  const absl::Status status = jiffy::Run(Options(), [&] {
    sender = std::thread([&] {
      while (forks_to_go != 0) {
        usleep(1'000);
        pthread_kill(self, SIGUSR1);
      }
    });
    while (forks_to_go != 0) this_thread::SleepFor(absl::Milliseconds(5));
  });
  if (getpid() != parent) {
    // Rarely the signal hit the thread, which then ends here too.
    CHILD_MUST(status.ok() || absl::IsAborted(status));
    _exit(0);
  }
  sender.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(handlers_child, 0);
}

// Wherever the signal hits, even in the middle of a switch: in the child, only
// the thread that forked continues.
TEST_F(ForkInAHandler, OfTheScheduler_OnlyTheInterruptedThreadGoesOn) {
  SharedCount strays;
  const pid_t parent = getpid();
  std::atomic<uint64_t> owner{0};
  forks_to_go = 20;
  const absl::Status status = jiffy::Run(Options(), [&] {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (forks_to_go != 0) {
          if (getpid() != parent) {
            uint64_t none = 0;
            const uint64_t id = this_thread::Id();
            if (!owner.compare_exchange_strong(none, id) && none != id) {
              (*strays)++;
            }
            static thread_local int rounds = 0;
            if (++rounds == 20) _exit(0);
          }
          this_thread::Yield();
        }
        if (getpid() != parent) _exit(0);
      });
    }
    CallHandlerEvery(1'000);
  });
  if (getpid() != parent) _exit(status.ok() || absl::IsAborted(status) ? 0 : 1);
  CallHandlerEvery(0);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(handlers_child, 0);
  EXPECT_EQ(*strays, 0u);
}

// Also of those left behind: one that is queued, one that runs.
TEST_F(ForkInAHandler, OfTheScheduler_ThePolicyHearsOfEachThread) {
  const pid_t parent = getpid();
  PolicyAccount account;
  RuntimeOptions options = Options();
  options.policy = [&account](const sched::PolicyConfig& config)
      -> absl::StatusOr<std::unique_ptr<sched::Scheduler>> {
    auto made = sched::MakePolicy("rr", {.slice_ns = config.slice_ns});
    if (!made.ok()) return made.status();
    return std::make_unique<StrictPolicy>(*std::move(made), account);
  };
  forks_to_go = 30;
  const absl::Status status = jiffy::Run(options, [&] {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        int rounds = 0;
        while (forks_to_go != 0 && rounds < 20) {
          // Only in a child: without a system call, more signals hit a yield.
          if (handlers_child > 0) ++rounds;
          this_thread::Yield();
        }
        if (getpid() != parent) {
          CHILD_MUST(account.mistake == nullptr);
          _exit(0);
        }
      });
    }
    CallHandlerEvery(1'000);
  });
  if (getpid() != parent) _exit(status.ok() || absl::IsAborted(status) ? 0 : 1);
  CallHandlerEvery(0);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(handlers_child, 0);
  EXPECT_EQ(account.mistake, nullptr);
}

}  // namespace
}  // namespace jiffy
