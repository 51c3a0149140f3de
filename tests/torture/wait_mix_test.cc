// All kinds of waits at once: the locks and conditions of std, POSIX, Abseil
// and jiffy, used by green threads and OS threads, and held across sleeps,
// yields and preemption. A lost wake-up causes a hang or a deadlock.

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/splitmix64.h"
#include "tests/torture/failures.h"
#include "tests/torture/flags.h"
#include "tests/torture/spin.h"

namespace jiffy::torture {
namespace {

constexpr int kGreenThreads = 24;
constexpr int kOsThreads = 3;

// A number that is changed under a lock, in two steps.
struct Guarded {
  uint64_t first = 0;
  uint64_t second = 0;
};

// One thread's state.
struct Caller {
  sched::SplitMix64 random;
  bool green;
};

// A queue with little room, whose users give up after a while.
template <typename Mutex, typename Condition>
class BoundedQueue {
 public:
  bool Put(uint64_t value) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience,
                           [&] { return items_.size() < 4; })) {
      return false;
    }
    items_.push_back(value);
    put_ += value;
    changed_.notify_all();
    return true;
  }
  bool Take() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return !items_.empty(); })) {
      return false;
    }
    taken_ += items_.front();
    items_.pop_front();
    changed_.notify_one();
    return true;
  }
  // Returns how much was put in but not taken out, counted in two ways.
  std::pair<uint64_t, uint64_t> Rest() const {
    uint64_t sum = 0;
    for (const uint64_t item : items_) sum += item;
    return {put_ - taken_, sum};
  }

 private:
  static constexpr std::chrono::microseconds kPatience{500};
  Mutex mutex_;
  Condition changed_;
  std::deque<uint64_t> items_;
  uint64_t put_ = 0;
  uint64_t taken_ = 0;
};

class Mix {
 public:
  explicit Mix(Failures& failures) : failures_(failures) {
    sem_init(&posix_permits_, 0, kPermits);
  }
  ~Mix() { sem_destroy(&posix_permits_); }

  void Step(Caller& caller) {
    switch (caller.random.Below(12)) {
      case 0:
        return Add(caller, std_mutex_, std_guarded_);
      case 1:
        return Add(caller, own_mutex_, own_guarded_);
      case 2:
        return AddWithAbsl(caller);
      case 3:
        return AddToBoth(caller);
      case 4:
        return UseQueue(caller, std_queue_);
      case 5:
        return UseQueue(caller, own_queue_);
      case 6:
        return ReadOrWrite(caller);
      case 7:
        return UsePermit(caller, std_permits_, std_users_);
      case 8:
        return UsePosixPermit(caller);
      case 9:
        return Ask(caller);
      case 10:
        return Nested(caller);
      default:
        return TryForAWhile(caller);
    }
  }

  void Finish() {
    TORTURE_EXPECT_EQ(failures_, additions_.load(),
                      std_guarded_.first + own_guarded_.first +
                          absl_guarded_.first + nested_.first + timed_.first);
    for (const Guarded* guarded :
         {&std_guarded_, &own_guarded_, &absl_guarded_, &nested_, &timed_}) {
      TORTURE_EXPECT_EQ(failures_, guarded->first, guarded->second);
    }
    const auto [std_rest, std_sum] = std_queue_.Rest();
    TORTURE_EXPECT_EQ(failures_, std_rest, std_sum);
    const auto [own_rest, own_sum] = own_queue_.Rest();
    TORTURE_EXPECT_EQ(failures_, own_rest, own_sum);
    TORTURE_EXPECT(failures_, questions_.empty());
    int permits = 0;
    sem_getvalue(&posix_permits_, &permits);
    TORTURE_EXPECT_EQ(failures_, kPermits, permits);
  }

 private:
  static constexpr int kPermits = 3;

  // What a holder may do while it has a lock.
  static void Dawdle(Caller& caller) {
    switch (caller.random.Below(8)) {
      case 0:
        return this_thread::Yield();
      case 1:
        return std::this_thread::yield();
      case 2:
        return this_thread::SleepFor(absl::Microseconds(20));
      case 3:
        return std::this_thread::sleep_for(std::chrono::microseconds(20));
      default:
        Spin(caller.random.Below(2000));
    }
  }

  void Change(Caller& caller, Guarded& guarded) {
    TORTURE_EXPECT_EQ(failures_, guarded.first, guarded.second);
    additions_.fetch_add(1);
    guarded.first++;
    Dawdle(caller);
    guarded.second++;
  }

  template <typename Mutex>
  void Add(Caller& caller, Mutex& mutex, Guarded& guarded) {
    const std::lock_guard lock(mutex);
    Change(caller, guarded);
  }
  void AddWithAbsl(Caller& caller) {
    const absl::MutexLock lock(&absl_mutex_);
    Change(caller, absl_guarded_);
  }
  void AddToBoth(Caller& caller) {
    const std::scoped_lock lock(std_mutex_, own_mutex_);
    Change(caller, std_guarded_);
    Change(caller, own_guarded_);
  }

  template <typename Queue>
  void UseQueue(Caller& caller, Queue& queue) {
    if (caller.random.Below(2) == 0) {
      queue.Put(caller.random.Below(1000));
    } else {
      queue.Take();
    }
  }

  void ReadOrWrite(Caller& caller) {
    if (caller.random.Below(3) == 0) {
      const std::unique_lock lock(shared_mutex_);
      shared_.first++;
      Dawdle(caller);
      shared_.second++;
    } else {
      const std::shared_lock lock(shared_mutex_);
      TORTURE_EXPECT_EQ(failures_, shared_.first, shared_.second);
      Dawdle(caller);
      TORTURE_EXPECT_EQ(failures_, shared_.first, shared_.second);
    }
  }

  template <typename Semaphore>
  void UsePermit(Caller& caller, Semaphore& permits, std::atomic<int>& users) {
    permits.acquire();
    TORTURE_EXPECT(failures_, users.fetch_add(1) < kPermits);
    Dawdle(caller);
    users.fetch_sub(1);
    permits.release();
  }
  void UsePosixPermit(Caller& caller) {
    if (caller.random.Below(4) == 0) {
      timespec soon;
      clock_gettime(CLOCK_REALTIME, &soon);
      soon.tv_nsec += 100'000;
      soon.tv_sec += soon.tv_nsec / 1'000'000'000;
      soon.tv_nsec %= 1'000'000'000;
      if (sem_timedwait(&posix_permits_, &soon) != 0) return;
    } else {
      sem_wait(&posix_permits_);
    }
    TORTURE_EXPECT(failures_, posix_users_.fetch_add(1) < kPermits);
    Dawdle(caller);
    posix_users_.fetch_sub(1);
    sem_post(&posix_permits_);
  }

  struct Question {
    uint64_t number;
    std::promise<uint64_t> answer;
  };

  // Answers one open question, if there is any.
  bool Answer() {
    Question question;
    {
      const std::lock_guard lock(questions_mutex_);
      if (questions_.empty()) return false;
      question = std::move(questions_.front());
      questions_.pop_front();
    }
    question.answer.set_value(question.number + 1);
    return true;
  }

  void Ask(Caller& caller) {
    const uint64_t number = caller.random.Below(1000);
    std::future<uint64_t> answer;
    {
      Question question = {.number = number, .answer = {}};
      answer = question.answer.get_future();
      const std::lock_guard lock(questions_mutex_);
      questions_.push_back(std::move(question));
    }
    // Others answer first, if they come; then this thread does.
    if (answer.wait_for(std::chrono::microseconds(50)) !=
        std::future_status::ready) {
      while (Answer()) {
      }
    }
    TORTURE_EXPECT_EQ(failures_, number + 1, answer.get());
  }

  void Nested(Caller& caller) {
    const std::lock_guard outer(recursive_mutex_);
    const std::lock_guard inner(recursive_mutex_);
    Change(caller, nested_);
  }

  void TryForAWhile(Caller& caller) {
    if (!timed_mutex_.try_lock_for(
            std::chrono::microseconds(caller.random.Below(200)))) {
      return;
    }
    const std::lock_guard lock(timed_mutex_, std::adopt_lock);
    Change(caller, timed_);
  }

  Failures& failures_;
  std::atomic<uint64_t> additions_{0};

  std::mutex std_mutex_;
  Guarded std_guarded_;
  Mutex own_mutex_;
  Guarded own_guarded_;
  absl::Mutex absl_mutex_;
  Guarded absl_guarded_;
  std::recursive_mutex recursive_mutex_;
  Guarded nested_;
  std::timed_mutex timed_mutex_;
  Guarded timed_;
  std::shared_mutex shared_mutex_;
  Guarded shared_;

  BoundedQueue<std::mutex, std::condition_variable> std_queue_;
  BoundedQueue<Mutex, ConditionVariable> own_queue_;

  std::counting_semaphore<> std_permits_{kPermits};
  std::atomic<int> std_users_{0};
  sem_t posix_permits_;
  std::atomic<int> posix_users_{0};

  std::mutex questions_mutex_;
  std::deque<Question> questions_;
};

class WaitMix : public testing::TestWithParam<std::tuple<std::string, int>> {};

// Steps of each thread in the short form: some tenths of a second.
constexpr int kSteps = 1500;

TEST_P(WaitMix, GreenAndOsThreads_LoseNoWakeUpAndExcludeEachOther) {
  const auto& [scheduler, slice_us] = GetParam();
  const absl::Time end = absl::Now() + absl::Seconds(SecondsPerCase());
  SCOPED_TRACE(scheduler + ", slice " + std::to_string(slice_us) +
               " us, --torture_seed=" + std::to_string(Seed()));
  Failures failures;
  Mix mix(failures);
  std::atomic<uint64_t> steps{0};
  const auto work = [&](int number, bool green) {
    Caller caller = {.random = sched::SplitMix64(Seed() * 1000 +
                                                 static_cast<uint64_t>(number)),
                     .green = green};
    for (int step = 0;
         SecondsPerCase() == 0 ? step < kSteps : absl::Now() < end; ++step) {
      mix.Step(caller);
      steps.fetch_add(1);
    }
  };
  const absl::Status status =
      jiffy::Run({.scheduler = scheduler,
                  .time_slice = absl::Microseconds(slice_us),
                  .tick = absl::Microseconds(slice_us)},
                 [&] {
                   std::vector<std::thread> os_threads;
                   for (int i = 0; i < kOsThreads; ++i) {
                     os_threads.emplace_back(work, i, false);
                   }
                   std::deque<Thread> threads;
                   for (int i = 0; i < kGreenThreads; ++i) {
                     threads.emplace_back(work, kOsThreads + i, true);
                   }
                   for (Thread& thread : threads) {
                     TORTURE_EXPECT(failures, thread.Join().ok());
                   }
                   for (std::thread& thread : os_threads) thread.join();
                 });
  EXPECT_TRUE(status.ok()) << status;
  mix.Finish();
  EXPECT_EQ(failures.count(), 0u)
      << testing::PrintToString(failures.Messages());
  printf("%llu steps\n", static_cast<unsigned long long>(steps.load()));
}

INSTANTIATE_TEST_SUITE_P(
    , WaitMix,
    testing::Combine(testing::Values("rr", "random", "linux-0.01"),
                     testing::Values(100, 50)),
    [](const auto& info) {
      std::string name = std::get<0>(info.param);
      if (name == "linux-0.01") name = "linux_0_01";
      return name + "_" + std::to_string(std::get<1>(info.param)) + "us";
    });

}  // namespace
}  // namespace jiffy::torture
