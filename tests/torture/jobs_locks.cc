// Locks of the standard library and of POSIX, held and waited for by threads
// that are preempted anywhere.

#include <pthread.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "tests/torture/jobs.h"
#include "tests/torture/spin.h"

namespace jiffy::torture {
namespace {

class LockJob final : public Job {
 public:
  explicit LockJob(const JobSetting& setting)
      : failures_(*setting.failures),
        once_(std::make_unique<std::array<Once, kOnces>>()) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checked_, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }

  ~LockJob() override { pthread_mutex_destroy(&checked_); }

  void Round(JobContext& context) override {
    for (int i = 0; i < 4; ++i) {
      switch (context.random.Below(5)) {
        case 0:
          Plain(context);
          break;
        case 1:
          Recursive(3);
          break;
        case 2:
          CallOnce(context);
          break;
        case 3:
          Shared(context);
          break;
        default:
          ErrorChecked();
      }
    }
  }

  void Finish() override {
    TORTURE_EXPECT_EQ(failures_, additions_.load(), total_);
    uint64_t sum = 0;
    for (const auto& [key, count] : counts_) sum += count;
    TORTURE_EXPECT_EQ(failures_, total_, sum);
    for (const Once& once : *once_) {
      TORTURE_EXPECT_EQ(failures_, once.calls.load() == 0 ? 0 : 1,
                        once.runs.load());
    }
  }

 private:
  static constexpr size_t kOnces = 4096;
  struct Once {
    std::once_flag flag;
    std::atomic<int> calls;
    std::atomic<int> runs;
  };

  void Plain(JobContext& context) {
    const std::string key = std::to_string(context.random.Below(50));
    additions_.fetch_add(1);
    const std::lock_guard lock(mutex_);
    TORTURE_EXPECT_EQ(failures_, total_, total_again_);
    ++total_;
    ++counts_[key];
    ++total_again_;
  }

  void Recursive(int depth) {
    const std::lock_guard lock(recursive_);
    // The holder counts up when it enters and down when it leaves.
    const int before = held_;
    held_ = before + 1;
    if (depth == 3) TORTURE_EXPECT_EQ(failures_, 0, before);
    if (depth > 0) Recursive(depth - 1);
    TORTURE_EXPECT_EQ(failures_, before + 1, held_);
    held_ = before;
  }

  void CallOnce(JobContext& context) {
    // All threads reach the same flags at about the same time.
    const uint32_t next = once_next_.fetch_add(1) / 8;
    Once& once = (*once_)[next % kOnces];
    once.calls.fetch_add(1);
    std::call_once(once.flag, [&] {
      Spin(context.random.Below(500));
      once.runs.fetch_add(1);
    });
    TORTURE_EXPECT_EQ(failures_, 1, once.runs.load());
  }

  void Shared(JobContext& context) {
    if (context.random.Below(4) == 0) {
      const std::unique_lock lock(shared_);
      ++pair_[0];
      ++pair_[1];
    } else {
      const std::shared_lock lock(shared_);
      TORTURE_EXPECT_EQ(failures_, pair_[0], pair_[1]);
    }
  }

  // libc records the holder.
  void ErrorChecked() {
    TORTURE_EXPECT_EQ(failures_, 0, pthread_mutex_lock(&checked_));
    TORTURE_EXPECT_EQ(failures_, EDEADLK, pthread_mutex_lock(&checked_));
    TORTURE_EXPECT_EQ(failures_, 0, pthread_mutex_unlock(&checked_));
    const int again = pthread_mutex_unlock(&checked_);
    TORTURE_EXPECT_EQ(failures_, EPERM, again);
  }

  Failures& failures_;

  std::mutex mutex_;
  uint64_t total_ = 0;
  uint64_t total_again_ = 0;
  std::map<std::string, uint64_t> counts_;
  std::atomic<uint64_t> additions_{0};

  std::recursive_mutex recursive_;
  int held_ = 0;

  std::unique_ptr<std::array<Once, kOnces>> once_;
  std::atomic<uint32_t> once_next_{0};

  std::shared_mutex shared_;
  std::array<uint64_t, 2> pair_ = {};

  pthread_mutex_t checked_;
};

}  // namespace

std::unique_ptr<Job> MakeLockJob(const JobSetting& setting) {
  return std::make_unique<LockJob>(setting);
}

}  // namespace jiffy::torture
