// Parking and waking threads.
#include "runtime/park.h"

#include <cstdint>
#include <memory>
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
#include "signals/preempt.h"
#include "signals/tick.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ParkTest = EveryRunModeTest;

TEST_P(ParkTest, Wake_EndsThePark) {
  Run([] {
    ThreadRef sleeper;
    bool woken = false;
    bool over = false;
    Thread thread([&] {
      signals::PreemptGuard guard;
      sleeper = ThreadRef::Current();
      while (!woken) Park();
      over = true;
    });
    while (!sleeper) this_thread::Yield();
    {
      signals::PreemptGuard guard;
      woken = true;
      sleeper.Wake();
    }
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_TRUE(over);
  });
}

TEST_P(ParkTest, Deadline_EndsThePark) {
  Run([] {
    signals::PreemptGuard guard;
    const int64_t due_ns = signals::MonotonicNs() + 2'000'000;
    while (signals::MonotonicNs() < due_ns) Park(due_ns);
  });
}

TEST_P(ParkTest, NobodyWakes_IsADeadlock) {
  const absl::Status status = RunOnce([] {
    signals::PreemptGuard guard;
    for (;;) Park();
  });
  spare_slots_ = 2;
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(
      std::string(status.message()),
      testing::HasSubstr("'main' (#1) is parked, for another thread to wake"));
}

INSTANTIATE_TEST_SUITE_P(Modes, ParkTest, testing::ValuesIn(AllRunModes()),
                         RunModeName);

// Records what policies are told of a thread, at its start and by SetParams.
class ParamsRecorder final : public sched::Scheduler {
 public:
  explicit ParamsRecorder(std::vector<sched::TaskParams>& seen)
      : seen_(seen), rr_(*sched::MakePolicy("rr", {})) {
    seen_.reserve(16);
  }
  std::string_view name() const override { return "recorder"; }
  const char* Attach(sched::Entity& entity) override {
    seen_.push_back(entity.params);
    return nullptr;
  }
  void ParamsChanged(sched::Entity& entity) override {
    seen_.push_back(entity.params);
  }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason reason) override {
    rr_->Enqueue(entity, reason);
  }
  void Dequeue(sched::Entity& entity, sched::DequeueReason reason) override {
    rr_->Dequeue(entity, reason);
  }
  sched::Entity* PickNext() override { return rr_->PickNext(); }
  bool Tick(sched::Entity&, int) override { return false; }

 private:
  std::vector<sched::TaskParams>& seen_;
  const std::unique_ptr<sched::Scheduler> rr_;
};

class ThreadParamsTest : public RunTest {};

TEST_F(ThreadParamsTest, OptionsAndSetParams_ReachThePolicy) {
  repetitions_ = 1;
  std::vector<sched::TaskParams> seen;
  options_.policy = [&](const sched::PolicyConfig&) {
    seen.clear();
    return std::make_unique<ParamsRecorder>(seen);
  };
  Run([] {
    Thread thread({.priority = 7,
                   .sched_class = sched::SchedClass::kFifo,
                   .deadline = absl::Milliseconds(3),
                   .period = absl::Milliseconds(5),
                   .runtime = absl::Milliseconds(1)},
                  [] {
                    signals::PreemptGuard guard;
                    ThreadRef::Current().SetParams({.nice = 4});
                  });
  });
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[1].priority, 7);
  EXPECT_EQ(seen[1].sched_class, sched::SchedClass::kFifo);
  EXPECT_EQ(seen[1].deadline_ns, 3'000'000);
  EXPECT_EQ(seen[1].period_ns, 5'000'000);
  EXPECT_EQ(seen[1].runtime_ns, 1'000'000);
  EXPECT_EQ(seen[2].nice, 4);
  EXPECT_EQ(seen[2].sched_class, sched::SchedClass::kNormal);
}

TEST_F(ThreadParamsTest, BadTimes_AreRefused) {
  EXPECT_EQ(Validate(ThreadOptions{.deadline = -absl::Seconds(1)}).message(),
            "deadline = -1s: must be from 0 to 1h");
  EXPECT_EQ(Validate(ThreadOptions{.period = absl::Hours(2)}).message(),
            "period = 2h: must be from 0 to 1h");
  EXPECT_EQ(Validate(ThreadOptions{.runtime = absl::Hours(2)}).message(),
            "runtime = 2h: must be from 0 to 1h");
}

}  // namespace
}  // namespace jiffy
