// Other forks during a run: by OS threads, and by a worker on a libc thread;
// and the parts of the run that the child must not have.

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/fork_testing.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

RuntimeOptions Options() {
  return {.scheduler = "rr", .time_slice = RealTick(absl::Microseconds(100))};
}

// State that the threads of a run share.
struct Shared {
  Mutex mutex;
  Channel<int> channel;
};

// Runs threads that use the shared state, while an OS thread forks `forks`
// times. Each child calls `in_child`, which must not return.
void ForkBesideARun(Runtime& runtime, int forks,
                    const std::function<void(Shared&)>& in_child) {
  std::atomic<bool> forked{false};
  std::thread forker;
  const absl::Status status = runtime.Run([&] {
    Shared shared;
    Mutex& mutex = shared.mutex;
    Channel<int>& channel = shared.channel;
    forker = std::thread([&] {
      for (int i = 0; i < forks; ++i) {
        const pid_t child = fork();
        if (child == 0) in_child(shared);
        EXPECT_EQ(ExitCodeOf(child), 0);
      }
      forked = true;
    });
    Thread locker([&] {
      while (!forked) {
        mutex.lock();
        mutex.unlock();
      }
    });
    Thread receiver([&] {
      while (channel.Receive().has_value()) {
      }
    });
    while (!forked) channel.Send(1).IgnoreError();
    channel.Close();
  });
  forker.join();
  EXPECT_TRUE(status.ok()) << status;
}

void CountToTen(Runtime& runtime) {
  std::atomic<int> ran{0};
  CHILD_MUST(runtime
                 .Run([&] {
                   std::vector<Thread> threads;
                   for (int i = 0; i < 9; ++i) {
                     threads.emplace_back([&] { ran++; });
                   }
                   std::atomic<bool> stop{false};
                   Thread hog([&] {
                     while (!stop) ran++;
                   });
                   while (ran < 100) this_thread::Yield();
                   stop = true;
                 })
                 .ok());
  CHILD_MUST(ran >= 100);
}

TEST(ForkRun, ByAnOsThread_ChildCanRun) {
  absl::StatusOr<Runtime> runtime = Runtime::Create(Options());
  ASSERT_TRUE(runtime.ok());
  ForkBesideARun(*runtime, 5, [&](Shared&) {
    CHILD_MUST(CurrentStats().threads == 0);
    absl::StatusOr<Runtime> another = Runtime::Create(Options());
    CHILD_MUST(another.ok());
    CountToTen(*another);
    // The same runtime, whose run does not exist in this process.
    CountToTen(*runtime);
    _exit(0);
  });
}

TEST(ForkRun, ByAnOsThread_ChildHasTheHandlersFromBeforeTheRun) {
  absl::StatusOr<Runtime> runtime = Runtime::Create(Options());
  ASSERT_TRUE(runtime.ok());
  ForkBesideARun(*runtime, 5, [](Shared&) {
    for (const int signal : {SIGALRM, SIGSEGV, SIGBUS}) {
      struct sigaction action = {};
      CHILD_MUST(sigaction(signal, nullptr, &action) == 0);
      CHILD_MUST((action.sa_flags & SA_SIGINFO) == 0);
      CHILD_MUST(action.sa_handler == SIG_DFL);
    }
    _exit(0);
  });
}

TEST(ForkRun, ByAnOsThread_ObjectsOfTheRunCanBeUsedInTheChild) {
  absl::StatusOr<Runtime> runtime = Runtime::Create(Options());
  ASSERT_TRUE(runtime.ok());
  ForkBesideARun(*runtime, 100, [](Shared& shared) {
    // Either held by a thread that does not exist here, or free.
    if (shared.mutex.try_lock()) shared.mutex.unlock();
    while (shared.channel.TryReceive().has_value()) {
    }
    _exit(0);
  });
}

TEST(ForkRun, BeforeAndAfterARun_BothCanRun) {
  for (int round = 0; round < 3; ++round) {
    const pid_t child = fork();
    std::atomic<int> ran{0};
    const absl::Status status =
        jiffy::Run(Options(), [&] { Thread thread([&] { ran++; }); });
    if (child == 0) _exit(status.ok() && ran == 1 ? 0 : 1);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(ExitCodeOf(child), 0);
  }
}

// In the parent the function has ended, in the child it has not: code that
// follows Run in the parent must not run twice.
TEST(ForkRun, AfterTheFunctionOfRunEnded_RunIsAbortedInTheChild) {
  const pid_t parent = getpid();
  pid_t child = 0;
  const absl::Status status = jiffy::Run(Options(), [&] {
    Thread late([&] {
      while (CurrentStats().live_threads > 1) this_thread::Yield();
      child = fork();
    });
    late.Detach().IgnoreError();
  });
  if (getpid() != parent) _exit(absl::IsAborted(status) ? 0 : 1);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(ExitCodeOf(child), 0);
}

// Children of children.
TEST(ForkRun, Generations_EachHasTheThreadThatForked) {
  const absl::Status status = jiffy::Run(Options(), [] {
    std::atomic<bool> stop{false};
    Thread other([&] {
      while (!stop) this_thread::Yield();
    });
    pid_t child = fork();
    if (child == 0) {
      Thread hog([&] {
        while (!stop) Compute(1'000);
      });
      child = fork();
      if (child == 0) {
        CHILD_MUST(CurrentStats().live_threads == 1);
        this_thread::SleepFor(absl::Milliseconds(1));
        _exit(7);
      }
      CHILD_MUST(CurrentStats().live_threads == 2);
      _exit(ExitCodeOf(child));
    }
    EXPECT_EQ(ExitCodeOf(child), 7);
    stop = true;
  });
  EXPECT_TRUE(status.ok()) << status;
}

// libc must not take the worker's stack for a free one: new threads of the
// child would get it while Run's frames are on it.
TEST(ForkRun, WorkerOnAThreadOfLibcs_ItsStackAndKeysStayItsOwnInTheChild) {
  pthread_key_t key;
  ASSERT_EQ(pthread_key_create(&key, nullptr), 0);
  static int value;
  int code = -1;
  std::thread worker([&] {
    ASSERT_EQ(pthread_setspecific(key, &value), 0);
    const pid_t parent = getpid();
    pid_t child = 0;
    const absl::Status status = jiffy::Run(Options(), [&] {
      std::atomic<bool> stop{false};
      Thread other([&] {
        while (!stop) this_thread::Yield();
      });
      child = fork();
      if (child == 0) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
          threads.emplace_back([] {
            volatile char stack[512 << 10];
            for (volatile char& byte : stack) byte = 0x5a;
          });
          if (i % 2 == 1) {
            threads[static_cast<size_t>(i) - 1].join();
            threads[static_cast<size_t>(i)].join();
          }
        }
        other.Detach().IgnoreError();
        return;
      }
      stop = true;
    });
    if (getpid() != parent) {
      CHILD_MUST(status.ok());
      CHILD_MUST(pthread_getspecific(key) == &value);
      CHILD_MUST(pthread_kill(pthread_self(), 0) == 0);
      _exit(0);
    }
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(pthread_getspecific(key), &value);
    code = ExitCodeOf(child);
  });
  worker.join();
  EXPECT_EQ(code, 0);
}

TEST(ForkRun, MutexThatKnowsItsOwner_ThreadThatForkedOwnsItInTheChild) {
  const absl::Status status = jiffy::Run(Options(), [] {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, &attributes);
    ASSERT_EQ(pthread_mutex_lock(&mutex), 0);
    const pid_t child = fork();
    if (child == 0) _exit(pthread_mutex_unlock(&mutex));
    EXPECT_EQ(ExitCodeOf(child), 0);
    EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
  });
  EXPECT_TRUE(status.ok()) << status;
}

// ------------------------------------------------------------ signal handlers

}  // namespace
}  // namespace jiffy
