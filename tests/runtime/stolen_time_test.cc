// Time that the kernel takes away (the process was stopped, others had the CPU)
// is charged to no thread, and no policy is told of it.
//
// A child runs threads, and its parent stops it for a while. The test does not
// depend on the machine's speed: all limits apply to the child's counts, and a
// busy machine only steals more.
// how fast the machine is: all limits are on what the child counts, and a busy
// machine only steals more.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/worker.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"
#include "sched/scheduler.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(1);
constexpr int kStopMs = 400;
// Ticks of the stop that must be found at least, and that may be charged at
// most.
constexpr uint64_t kFound = 300;
constexpr int kCharged = 100;

// What a policy was told.
struct Told {
  int64_t last_ns = 0;
  int64_t longest_step_ns = 0;
  int most_ticks = 0;
};

// Passes all calls on to `policy`, which answers.
class Eavesdropper final : public sched::Scheduler {
 public:
  Eavesdropper(std::unique_ptr<sched::Scheduler> policy, Told& told)
      : policy_(std::move(policy)), told_(told) {}

  std::string_view name() const override { return policy_->name(); }
  bool NeedsClock() const override { return policy_->NeedsClock(); }
  void Reserve(size_t tasks) override {
    if (!std::exchange(bound_, true)) policy_->BindHost(&host());
    policy_->Reserve(tasks);
  }
  const char* Attach(sched::Entity& entity) override {
    return policy_->Attach(entity);
  }
  void Detach(sched::Entity& entity) override { policy_->Detach(entity); }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason reason) override {
    Listen();
    policy_->Enqueue(entity, reason);
  }
  void Dequeue(sched::Entity& entity, sched::DequeueReason reason) override {
    Listen();
    policy_->Dequeue(entity, reason);
  }
  sched::Entity* PickNext() override {
    Listen();
    return policy_->PickNext();
  }
  bool Tick(sched::Entity& current, int ticks) override {
    Listen();
    told_.most_ticks = std::max(told_.most_ticks, ticks);
    return policy_->Tick(current, ticks);
  }
  bool WakeupPreempts(const sched::Entity& current,
                      const sched::Entity& woken) override {
    return policy_->WakeupPreempts(current, woken);
  }
  void IdleTicks(int64_t ticks) override { policy_->IdleTicks(ticks); }
  uint64_t NextIdleEvent() const override { return policy_->NextIdleEvent(); }

 private:
  void Listen() {
    // Other policies get the time of the last tick, whatever came before it.
    if (!policy_->NeedsClock()) return;
    const int64_t now = host().Now();
    told_.longest_step_ns =
        std::max(told_.longest_step_ns, now - told_.last_ns);
    told_.last_ns = now;
  }

  const std::unique_ptr<sched::Scheduler> policy_;
  Told& told_;
  bool bound_ = false;
};

// Makes a run record what its policy is told.
void Overhear(RuntimeOptions& options, const std::string& name, Told& told) {
  options.policy = [name, &told](const sched::PolicyConfig& config)
      -> absl::StatusOr<std::unique_ptr<sched::Scheduler>> {
    auto made = sched::MakePolicy(name, {.slice_ns = config.slice_ns});
    if (!made.ok()) return made.status();
    return std::make_unique<Eavesdropper>(*std::move(made), told);
  };
}

// In the child: makes it fail.
void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "in the child: %s\n", what);
  _exit(1);
}

// Runs `child` in a process of its own. Once the child has called `ready`,
// stops the process for a while, and expects it to end well.
// function that it is given was called, and expects it to end well.
void StopWhile(absl::FunctionRef<void(absl::FunctionRef<void()> ready)> child) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    child([&] { Require(write(ends[1], "r", 1) == 1, "write"); });
    _exit(0);
  }
  close(ends[1]);
  char byte;
  EXPECT_EQ(read(ends[0], &byte, 1), 1) << "the child was not ready";
  close(ends[0]);
  kill(pid, SIGSTOP);
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, WUNTRACED), pid);
  if (WIFSTOPPED(status)) {
    usleep(kStopMs * 1000);
    kill(pid, SIGCONT);
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// Context: green thread.
uint64_t StolenTicks() {
  return internal::CurrentWorker()->machine().Stats().stolen_ticks;
}

// Computes until the stop is over. Context: green thread.
void AwaitTheStop() {
  while (StolenTicks() < kFound) {
    Compute(1000);
    Require(TicksDelivered() < 60'000, "no time was stolen");
  }
}

class StolenTimeTest : public ::testing::TestWithParam<std::string> {};

TEST_P(StolenTimeTest, Stopped_ThePolicyIsNotToldOfTheTime) {
  StopWhile([](absl::FunctionRef<void()> ready) {
    Told told;
    RuntimeOptions options = {.time_slice = kTick, .tick = kTick};
    Overhear(options, GetParam(), told);
    absl::StatusOr<Runtime> runtime = Runtime::Create(options);
    Require(runtime.ok(), "Create");
    const absl::Status status = runtime->Run([&] {
      std::vector<Thread> threads;
      threads.reserve(3);
      for (int i = 0; i < 3; ++i) {
        threads.emplace_back([] {
          AwaitTheStop();
          SpinForTicks(20);
        });
      }
      SpinForTicks(5);
      ready();
      AwaitTheStop();
      threads.clear();
    });
    Require(status.ok(), status.ToString().c_str());
    Require(told.longest_step_ns < kCharged * absl::ToInt64Nanoseconds(kTick),
            "the policy's clock went on while the process was stopped");
    Require(told.most_ticks < kCharged, "a thread was charged with the stop");
    const RuntimeStats stats = runtime->Stats();
    Require(stats.jiffies >= kFound, "jiffies stood still");
    Require(stats.jiffies >= stats.stolen_ticks,
            "more was stolen than there was");
  });
}

INSTANTIATE_TEST_SUITE_P(Policies, StolenTimeTest,
                         ::testing::ValuesIn(PolicyNames()),
                         [](const auto& info) { return TestName(info.param); });

TEST(StolenTime, StoppedUnderAGuard_IsNoLongGuard) {
  StopWhile([](absl::FunctionRef<void()> ready) {
    const absl::Duration limit = kCharged * kTick;
    absl::StatusOr<Runtime> runtime =
        Runtime::Create({.time_slice = kTick, .report_guard_after = limit});
    Require(runtime.ok(), "Create");
    const CapturedStderr captured;
    const absl::Status status = runtime->Run([&] {
      const NoPreempt guard;
      ready();
      AwaitTheStop();
    });
    Require(status.ok(), status.ToString().c_str());
    Require(runtime->Stats().longest_guard < limit, "longest_guard");
    Require(captured.Text().empty(), "the watchdog reported the guard");
  });
}

TEST(StolenTime, StoppedWhileOthersWait_IsNoLongWait) {
  StopWhile([](absl::FunctionRef<void()> ready) {
    const absl::Duration limit = kCharged * kTick;
    absl::StatusOr<Runtime> runtime =
        Runtime::Create({.time_slice = kTick,
                         .report_wait_after = limit,
                         .measure_time = true});
    Require(runtime.ok(), "Create");
    const CapturedStderr captured;
    absl::Duration waited;
    absl::Duration computed;
    const absl::Status status = runtime->Run([&] {
      const absl::Time begin = absl::Now();
      Thread hog([&] {
        ready();
        AwaitTheStop();
      });
      Thread other([] { AwaitTheStop(); });
      Require(hog.Join().ok() && other.Join().ok(), "Join");
      const absl::Duration wall = absl::Now() - begin;
      waited = std::max(hog.Stats().longest_wait, other.Stats().longest_wait);
      computed = hog.Stats().cpu_time + other.Stats().cpu_time;
      Require(computed <= wall - static_cast<int64_t>(kFound) * kTick,
              "the stop is in the CPU time");
    });
    Require(status.ok(), status.ToString().c_str());
    Require(waited < limit, "the stop is in the longest wait");
    Require(captured.Text().empty(), "the watchdog reported a wait");
  });
}

// A sleeper is late, but a thread that waits for the sleeper has waited only
// for as long as the process ran.
TEST(StolenTime, StoppedWhileAllWait_IsNoLongWait) {
  StopWhile([](absl::FunctionRef<void()> ready) {
    Told told;
    RuntimeOptions options = {
        .time_slice = kTick,
        .tick = kTick,
        .report_wait_after = absl::Milliseconds(kStopMs * 3 / 4)};
    Overhear(options, "cfs", told);
    absl::StatusOr<Runtime> runtime = Runtime::Create(options);
    Require(runtime.ok(), "Create");
    const CapturedStderr captured;
    const absl::Status status = runtime->Run([&] {
      Thread sleeper([&] {
        ready();
        this_thread::SleepFor(absl::Milliseconds(kStopMs / 8));
      });
      Require(sleeper.Join().ok(), "Join");
    });
    Require(status.ok(), status.ToString().c_str());
    Require(captured.Text().empty(), "the watchdog reported a wait");
    // The time that the sleeper asked for is idle time.
    Require(told.longest_step_ns < kCharged * absl::ToInt64Nanoseconds(kTick),
            "the policy's clock went on while the process was stopped");
  });
}

// A worker that will trim stacks later sleeps until then.
TEST(StolenTime, StoppedWhileIdle_AwaitsTheTrimmingOfStacksAsleep) {
  constexpr absl::Duration kTrimAfter = absl::Milliseconds(kStopMs / 4);
  StopWhile([&](absl::FunctionRef<void()> ready) {
    const absl::Status status =
        jiffy::Run({.time_slice = kTick, .trim_stacks_after = kTrimAfter}, [&] {
          // Leaves a free stack.
          Thread([&] { this_thread::SleepFor(absl::Milliseconds(1)); });
          ready();
          for (int i = 0; i < 1'000 && StolenTicks() < kFound; ++i) {
            this_thread::SleepFor(absl::Milliseconds(kStopMs / 8));
          }
          Require(StolenTicks() >= kFound, "no time was stolen");
          const std::clock_t before = std::clock();
          this_thread::SleepFor(3 * kTrimAfter);
          Require(std::clock() - before < CLOCKS_PER_SEC / 100,
                  "it did not sleep");
        });
    Require(status.ok(), status.ToString().c_str());
  });
}

}  // namespace
}  // namespace jiffy
