// A fork while threads wait in the parking table: the child has only the thread
// that forked, and none of the others in the table.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <thread>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/fork_testing.h"

namespace jiffy {
namespace {

class ForkInterposed : public InterposeTest {};

TEST_P(ForkInterposed, OthersWait_ChildUsesWhatTheyWaitFor) {
  SharedCount strays;
  const pid_t parent = getpid();
  Run([&] {
    std::mutex mutex;
    std::condition_variable condition;
    std::counting_semaphore<> semaphore(0);
    bool go = false;
    std::atomic<int> waiting{0};
    const auto count = [&] {
      if (getpid() != parent) (*strays)++;
    };
    mutex.lock();
    Thread locker([&] {
      waiting++;
      const std::lock_guard lock(mutex);
      count();
    });
    Thread waiter([&] {
      waiting++;
      std::unique_lock lock(mutex);
      condition.wait(lock, [&] { return go; });
      count();
    });
    Thread taker([&] {
      waiting++;
      semaphore.acquire();
      count();
    });
    // An OS thread inside libc's wait.
    std::mutex os_mutex;
    std::condition_variable os_condition;
    std::thread os_thread([&] {
      std::unique_lock lock(os_mutex);
      waiting++;
      os_condition.wait(lock, [&] { return go; });
    });
    while (waiting < 4) LetOthersRun();
    LetOthersRun();
    const pid_t child = fork();
    if (child == 0) {
      os_thread.detach();
      mutex.unlock();
      semaphore.release();
      condition.notify_all();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      mutex.lock();
      std::atomic<bool> woken{false};
      Thread thread([&] {
        std::unique_lock lock(mutex);
        condition.wait(lock, [&] { return go; });
        woken = true;
      });
      CHILD_MUST(semaphore.try_acquire());
      LetOthersRun();
      go = true;
      mutex.unlock();
      condition.notify_one();
      CHILD_MUST(thread.Join().ok());
      CHILD_MUST(woken);
      _exit(0);
    }
    EXPECT_EQ(ExitCodeOf(child), 0);
    {
      const std::lock_guard lock(os_mutex);
      go = true;
    }
    mutex.unlock();
    semaphore.release();
    condition.notify_all();
    os_condition.notify_all();
    os_thread.join();
  });
  EXPECT_EQ(*strays, 0u);
}

INSTANTIATE_TEST_SUITE_P(, ForkInterposed, InterposeModes(), InterposeModeName);

}  // namespace
}  // namespace jiffy
