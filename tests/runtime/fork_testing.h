// Common code of the tests of forks: children that report their result by their
// exit code, and threads that must not exist in the children.
#ifndef JIFFY_TESTS_RUNTIME_FORK_TESTING_H_
#define JIFFY_TESTS_RUNTIME_FORK_TESTING_H_

#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {

// In the child of a fork: unless `right`, prints the line number and ends the
// child.
inline void ChildMust(bool right, int line) {
  if (right) return;
  dprintf(STDERR_FILENO, "child of a fork: line %d failed\n", line);
  _exit(1);
}
#define CHILD_MUST(right) ::jiffy::ChildMust(static_cast<bool>(right), __LINE__)

// Waits for a child without stopping other threads. Returns its exit code, or
// minus the number of the signal that ended it.
inline int ExitCodeOf(pid_t child) {
  int status = -1;
  for (;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0) return -1'000;
    this_thread::SleepFor(absl::Microseconds(200));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// A word that the children of a process share with it.
class SharedCount {
 public:
  SharedCount()
      : count_(new (mmap(nullptr, sizeof *count_, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                   std::atomic<uint64_t>(0)) {}
  ~SharedCount() { munmap(count_, sizeof *count_); }
  SharedCount(const SharedCount&) = delete;
  SharedCount& operator=(const SharedCount&) = delete;
  std::atomic<uint64_t>& operator*() { return *count_; }

 private:
  std::atomic<uint64_t>* count_;
};

// A policy, and a time slice in microseconds.
struct ForkMode {
  const char* scheduler;
  int slice_us;
  bool shared_tls = false;
};

class Fork : public ::testing::TestWithParam<ForkMode> {
 protected:
  Fork() {
    options_.scheduler = GetParam().scheduler;
    options_.time_slice = RealTick(absl::Microseconds(GetParam().slice_us));
    if (options_.scheduler == "linux-0.01") options_.tick = options_.time_slice;
    options_.shared_tls = GetParam().shared_tls;
  }

  // In the child, `fn` must not return.
  void Run(absl::FunctionRef<void()> fn) {
    const absl::Status status = jiffy::Run(options_, fn);
    EXPECT_TRUE(status.ok()) << status;
  }

  RuntimeOptions options_;
};

// Returns whether threads without deadlines are never preempted.
inline bool IsCooperative(const RuntimeOptions& options) {
  return options.scheduler == "fifo" || options.scheduler == "edf";
}

// Threads that do typical work, each of a different kind, and count what they
// do in a process other than the one that created them.
class Others {
 public:
  explicit Others(SharedCount& strays, bool cooperative = false)
      : strays_(strays), cooperative_(cooperative) {
    for (int i = 0; i < 3; ++i) {
      threads_.emplace_back([this, i] {
        while (!stop_) {
          Step(i);
        }
      });
    }
    // Threads blocked in every kind of wait.
    threads_.emplace_back([this] {
      mutex_.lock();
      Count();
      mutex_.unlock();
    });
    threads_.emplace_back([this] {
      channel_.Receive();
      Count();
    });
    threads_.emplace_back([this] {
      while (!stop_) {
        this_thread::SleepFor(absl::Microseconds(100));
        Count();
      }
    });
    for (int i = 0; i < 5; ++i) {
      // Threads that have not started.
      threads_.emplace_back([this] { Count(); });
    }
  }
  // Context: the parent.
  void Join() {
    stop_ = true;
    channel_.Send(1).IgnoreError();
    for (Thread& thread : threads_) ASSERT_TRUE(thread.Join().ok());
  }
  void Detach() {
    for (Thread& thread : threads_) thread.Detach().IgnoreError();
  }
  Mutex& mutex() { return mutex_; }
  std::vector<Thread>& threads() { return threads_; }

 private:
  void Step(int kind) {
    Count();
    if (kind == 0 || cooperative_) this_thread::Yield();
    if (kind == 1) {
      const std::string text(100 + static_cast<size_t>(progress_ % 7), 'x');
      progress_ += text.size();
    }
    progress_++;
  }
  void Count() {
    if (getpid() != made_in_) (*strays_)++;
  }

  SharedCount& strays_;
  const bool cooperative_;
  const pid_t made_in_ = getpid();
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> progress_{0};
  Mutex mutex_;
  Channel<int> channel_;
  std::vector<Thread> threads_;
};

// Modes that represent all others.
inline auto ForkModes() {
  return ::testing::Values(ForkMode{"rr", 10'000}, ForkMode{"rr", 50},
                           ForkMode{"rr", 1'000, true}, ForkMode{"cfs", 100});
}

inline std::string ForkModeName(
    const ::testing::TestParamInfo<ForkMode>& info) {
  return TestName(info.param.scheduler) + "_" +
         std::to_string(info.param.slice_us) +
         (info.param.shared_tls ? "_shared" : "");
}

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_FORK_TESTING_H_
