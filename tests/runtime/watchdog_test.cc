// The watchdog names threads that keep preemption off, or wait, for too long.
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"
#include "sched/scheduler.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class WatchdogTest : public EveryRunModeTest {
 protected:
  WatchdogTest() { repetitions_ = 1; }

  std::string ReportsOf(absl::FunctionRef<void()> fn) {
    const CapturedStderr captured;
    Run(fn);
    return captured.Text();
  }
};

// Returns the lines about the thread `name`. If the machine stood still, there
// may be lines about other threads, and about this one outside of its own
// guard.
std::vector<std::string> LinesAbout(const std::string& name,
                                    const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.find("'" + name + "'") != std::string::npos) lines.push_back(line);
  }
  return lines;
}

TEST_P(WatchdogTest, LongGuard_IsReportedOnce_WhileItLasts) {
  options_.report_guard_after = absl::Milliseconds(1);
  std::string reported;
  std::string later;
  const CapturedStderr captured;
  Run([&] {
    Thread parse({.name = "parse"}, [&] {
      const std::string before = captured.Text();
      const NoPreempt guard;
      // Ticks are charged when the guard ends; time still passes.
      const auto spin = [](uint64_t ticks) {
        const uint64_t begin = TicksDelivered();
        while (TicksDelivered() < begin + ticks) Compute(1000);
      };
      // Once is enough, unless the machine stood still: then all of the ticks
      // may come with one signal, the first that finds the guard.
      for (int i = 0; i < 100 && LinesAbout("parse", reported).empty(); ++i) {
        spin(60);
        reported = captured.Text().substr(before.size());
      }
      spin(60);
      later = captured.Text().substr(before.size());
    });
    EXPECT_TRUE(parse.Join().ok());
  });
  EXPECT_THAT(
      LinesAbout("parse", reported),
      ElementsAre(MatchesRegex("jiffy: watchdog: thread 'parse' .#2. has kept "
                               "preemption off for [0-9]+ ms")));
  EXPECT_EQ(LinesAbout("parse", later), LinesAbout("parse", reported));
}

TEST_P(WatchdogTest, ShortGuards_AreNotReported) {
  options_.report_guard_after = absl::Seconds(100);
  EXPECT_EQ(ReportsOf([] {
              const NoPreempt guard;
              const uint64_t before = TicksDelivered();
              while (TicksDelivered() < before + 3) Compute(1000);
            }),
            "");
}

TEST_P(WatchdogTest, LongWait_IsReportedOnce) {
  options_.report_wait_after = absl::Milliseconds(2);
  const std::string text = ReportsOf([] {
    Mutex mutex;
    mutex.lock();
    Thread patient({.name = "patient"}, [&] {
      mutex.lock();
      mutex.unlock();
    });
    this_thread::SleepFor(absl::Milliseconds(20));
    mutex.unlock();
    EXPECT_TRUE(patient.Join().ok());
  });
  EXPECT_THAT(
      LinesAbout("patient", text),
      ElementsAre(MatchesRegex("jiffy: watchdog: thread 'patient' .#2. has "
                               "waited for a mutex for [0-9]+ ms")));
}

TEST_P(WatchdogTest, Sleeps_AreNotReported) {
  options_.report_wait_after = absl::Milliseconds(1);
  EXPECT_EQ(ReportsOf([] { this_thread::SleepFor(absl::Milliseconds(10)); }),
            "");
}

TEST_P(WatchdogTest, BadLimits_AreRefused) {
  options_.report_wait_after = absl::Microseconds(1);
  absl::Status status = RunOnce([] {});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("report_wait_after = 1us: must be 1ms or more"));
  options_.report_wait_after = absl::InfiniteDuration();
  options_.report_guard_after = absl::Seconds(1);
  options_.preempt = false;
  status = RunOnce([] {});
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("report_guard_after = 1s: counts in ticks"));
}

// First come, first served, but slow to attach a new thread.
class SlowToAttach final : public sched::Scheduler {
 public:
  std::string_view name() const override { return "slow-to-attach"; }
  const char* Attach(sched::Entity&) override {
    const uint64_t before = TicksDelivered();
    while (TicksDelivered() < before + 60) Compute(1000);
    return nullptr;
  }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason reason) override {
    fifo_->Enqueue(entity, reason);
  }
  void Dequeue(sched::Entity& entity, sched::DequeueReason reason) override {
    fifo_->Dequeue(entity, reason);
  }
  sched::Entity* PickNext() override { return fifo_->PickNext(); }
  bool Tick(sched::Entity&, int) override { return false; }

 private:
  const std::unique_ptr<sched::Scheduler> fifo_ =
      *sched::MakePolicy("fifo", {});
};

TEST_P(WatchdogTest, TimeBeforeTheFirstThreadRuns_IsNobodysGuard) {
  options_.report_guard_after = absl::Milliseconds(1);
  options_.policy = [](const sched::PolicyConfig&) {
    return std::make_unique<SlowToAttach>();
  };
  std::string reported;
  const CapturedStderr captured;
  Run([&] { reported = captured.Text(); });
  EXPECT_EQ(reported, "");
}

INSTANTIATE_TEST_SUITE_P(RunModes, WatchdogTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
