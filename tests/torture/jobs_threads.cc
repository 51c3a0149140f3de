// Threads that start, join, stop, detach and put to sleep others.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "runtime/thread.h"
#include "tests/torture/jobs.h"
#include "tests/torture/spin.h"

namespace jiffy::torture {
namespace {

constexpr ThreadOptions Small() {
  ThreadOptions options;
  options.stack_size = size_t{64} << 10;
  return options;
}

// A tree of threads, each of which adds up what its children return, or throws.
class ThreadTreeJob final : public Job {
 public:
  explicit ThreadTreeJob(const JobSetting& setting)
      : failures_(*setting.failures), spare_(setting.spare_threads) {}

  void Round(JobContext& context) override {
    const int depth = 1 + static_cast<int>(context.random.Below(3));
    const uint64_t value = context.random.Next();
    uint64_t sum = 0;
    Grow(depth, value, &sum);
    TORTURE_EXPECT_EQ(failures_, value * ((uint64_t{2} << depth) - 1), sum);

    absl::StatusOr<Thread> thrower = Spawn([value] {
      this_thread::Yield();
      throw std::runtime_error(std::to_string(value));
    });
    if (!thrower.ok()) return;
    try {
      thrower->Join().IgnoreError();
      TORTURE_EXPECT(failures_, !"reached");
    } catch (const std::runtime_error& error) {
      TORTURE_EXPECT_EQ(failures_, std::to_string(value), error.what());
    }
    TORTURE_EXPECT(failures_, absl::IsFailedPrecondition(thrower->Join()));
  }

 private:
  template <typename F>
  absl::StatusOr<Thread> Spawn(F&& f) {
    // Policies with little room get no more threads than they have room for.
    if (spare_.fetch_sub(1) <= 0) {
      spare_.fetch_add(1);
      return absl::ResourceExhaustedError("no spare thread");
    }
    return Thread::Spawn(Small(), [this, f = std::forward<F>(f)] {
      struct Returner {
        std::atomic<int>& spare;
        ~Returner() { spare.fetch_add(1); }
      } returner{spare_};
      f();
    });
  }

  // Adds 2^(depth + 1) - 1 times `value`.
  void Grow(int depth, uint64_t value, uint64_t* sum) {
    *sum += value;
    if (depth == 0) return;
    uint64_t left = 0;
    uint64_t right = 0;
    absl::StatusOr<Thread> child =
        Spawn([&, this] { Grow(depth - 1, value, &left); });
    if (!child.ok()) {
      TORTURE_EXPECT(failures_, absl::IsResourceExhausted(child.status()));
      Grow(depth - 1, value, &left);
    }
    Grow(depth - 1, value, &right);
    if (child.ok()) TORTURE_EXPECT(failures_, child->Join().ok());
    *sum += left + right;
  }

  Failures& failures_;
  std::atomic<int> spare_;
};

// A thread that runs until it is told to stop. A stop_callback's destructor
// decides by the thread's identity whether to wait for the end of the call, so
// it is part of the job only where each green thread has its own.
class StopTokenJob final : public Job {
 public:
  explicit StopTokenJob(const JobSetting& setting)
      : failures_(*setting.failures), callbacks_(setting.own_tls) {}

  void Round(JobContext& context) override {
    std::atomic<int> called{0};
    bool stopped = false;
    const bool by_destructor = context.random.Below(2) == 0;
    {
      absl::StatusOr<Thread> thread =
          Thread::Spawn(Small(), [&](std::stop_token token) {
            const std::stop_callback callback(
                callbacks_ ? token : std::stop_token(), [&] { ++called; });
            while (!token.stop_requested()) {
              Spin(500);
              this_thread::Yield();
            }
            stopped = true;
          });
      if (!thread.ok()) return;
      for (uint32_t i = context.random.Below(4); i > 0; --i) {
        this_thread::Yield();
      }
      if (!by_destructor) {
        TORTURE_EXPECT(failures_, thread->RequestStop());
        TORTURE_EXPECT(failures_, !thread->RequestStop());
        TORTURE_EXPECT(failures_, thread->Join().ok());
      }
    }
    TORTURE_EXPECT(failures_, stopped);
    TORTURE_EXPECT_EQ(failures_, callbacks_ ? 1 : 0, called.load());
  }

 private:
  Failures& failures_;
  const bool callbacks_;
};

// Threads that no thread joins: the run waits for them.
class DetachedThreadJob final : public Job {
 public:
  explicit DetachedThreadJob(const JobSetting& setting)
      : failures_(*setting.failures), state_(std::make_shared<State>()) {}

  void Round(JobContext& context) override {
    absl::StatusOr<Thread> thread = Thread::Spawn(
        Small(), [state = state_, yields = context.random.Below(3),
                  text = std::string("kept by the thread")] {
          for (uint32_t i = 0; i < yields; ++i) this_thread::Yield();
          if (text == "kept by the thread") state->ended.fetch_add(1);
        });
    if (!thread.ok()) return;
    state_->started.fetch_add(1);
    if (context.random.Below(2) == 0) this_thread::Yield();
    TORTURE_EXPECT(failures_, thread->Detach().ok());
    TORTURE_EXPECT(failures_, !thread->Joinable());
  }

  void Finish() override {
    TORTURE_EXPECT_EQ(failures_, state_->started.load(), state_->ended.load());
    TORTURE_EXPECT_EQ(failures_, 1L, state_.use_count());
  }

 private:
  struct State {
    std::atomic<uint64_t> started{0};
    std::atomic<uint64_t> ended{0};
  };
  Failures& failures_;
  std::shared_ptr<State> state_;
};

class SleepJob final : public Job {
 public:
  explicit SleepJob(const JobSetting& setting) : failures_(*setting.failures) {}

  void Round(JobContext& context) override {
    const absl::Duration time =
        absl::Nanoseconds(context.random.Below(300'000));
    const auto before = std::chrono::steady_clock::now();
    this_thread::SleepFor(time);
    TORTURE_EXPECT(
        failures_,
        absl::FromChrono(std::chrono::steady_clock::now() - before) >= time);
    this_thread::SleepFor(-time);
  }

 private:
  Failures& failures_;
};

}  // namespace

std::unique_ptr<Job> MakeThreadTreeJob(const JobSetting& setting) {
  return std::make_unique<ThreadTreeJob>(setting);
}

std::unique_ptr<Job> MakeStopTokenJob(const JobSetting& setting) {
  return std::make_unique<StopTokenJob>(setting);
}

std::unique_ptr<Job> MakeDetachedThreadJob(const JobSetting& setting) {
  return std::make_unique<DetachedThreadJob>(setting);
}

std::unique_ptr<Job> MakeSleepJob(const JobSetting& setting) {
  return std::make_unique<SleepJob>(setting);
}

}  // namespace jiffy::torture
