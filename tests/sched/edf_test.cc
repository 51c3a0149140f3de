#include "sched/edf.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kTickNs = FakeHost::kTickNs;

constexpr TaskParams Deadline(int64_t ticks) {
  return {.deadline_ns = ticks * kTickNs};
}
constexpr TaskParams Periodic(int64_t runtime, int64_t period) {
  return {.period_ns = period * kTickNs, .runtime_ns = runtime * kTickNs};
}

class EdfTest : public testing::Test {
 protected:
  FakeHost host_{std::make_unique<Edf>()};
};

TEST_F(EdfTest, Deadlines_EarliestRunsFirst) {
  host_.Spawn("A", Deadline(30));
  host_.Spawn("B", Deadline(10));
  host_.Spawn("C", Deadline(20));
  host_.Dispatch();
  for (const char* name : {"B", "C", "A"}) {
    EXPECT_EQ(host_.current_name(), name);
    host_.ExitCurrent();
  }
}

TEST_F(EdfTest, Wake_EarlierDeadline_PreemptsAndTheOtherGoesOn) {
  FakeTask* const urgent = host_.Spawn("U", Deadline(5));
  host_.Spawn("A", Deadline(100));
  host_.Spawn("B", Deadline(100));
  host_.Dispatch();
  host_.BlockCurrent();
  ASSERT_EQ(host_.current_name(), "A");
  host_.At(3, [&] { host_.Wake(*urgent); });
  host_.At(5, [&] { host_.ExitCurrent(); });
  host_.Ticks(8);
  EXPECT_EQ(host_.TakeHistory(), "A3 U2 A3");
}

// This begins no new job: the old one continues.
TEST_F(EdfTest, RunBeforeItsTurn_KeepsItsDeadline) {
  Scheduler& policy = host_.scheduler();
  Entity job;
  job.params = Deadline(10);
  Entity later;
  later.params = Deadline(7);
  policy.Reserve(2);
  ASSERT_EQ(policy.Attach(job), nullptr);
  ASSERT_EQ(policy.Attach(later), nullptr);
  policy.Enqueue(job, EnqueueReason::kNew);
  policy.Dequeue(job, DequeueReason::kMigrated);
  host_.Ticks(5);
  policy.Enqueue(job, EnqueueReason::kWoken);
  policy.Enqueue(later, EnqueueReason::kNew);  // Until 12.
  EXPECT_EQ(policy.PickNext(), &job);
}

TEST_F(EdfTest, Wake_LaterDeadline_Waits) {
  FakeTask* const late = host_.Spawn("L", Deadline(5));
  FakeTask* const a = host_.Spawn("A", Deadline(9));
  host_.Dispatch();
  ASSERT_EQ(host_.current(), late);
  host_.BlockCurrent();
  host_.At(4, [&] { host_.Wake(*late); });  // Until 9, as A.
  host_.Ticks(6);
  EXPECT_EQ(host_.current(), a);
}

TEST_F(EdfTest, EqualDeadlines_RunInOrderOfArrival) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name, Deadline(7));
  host_.Dispatch();
  for (const char* name : {"A", "B", "C"}) {
    EXPECT_EQ(host_.current_name(), name);
    host_.ExitCurrent();
  }
}

TEST_F(EdfTest, Yield_GoesBehindItsEqualsOnly) {
  host_.Spawn("A", Deadline(7));
  host_.Spawn("B", Deadline(7));
  host_.Spawn("C", Deadline(8));
  host_.Dispatch();
  for (const char* name : {"A", "B", "A", "B"}) {
    EXPECT_EQ(host_.current_name(), name);
    host_.Yield();
  }
}

TEST_F(EdfTest, Background_RunsInOrderWhenNobodyHasADeadline) {
  host_.Spawn("A");
  host_.Spawn("B");
  FakeTask* const job = host_.Spawn("J", Deadline(10));
  host_.Dispatch();
  host_.Ticks(2);
  host_.BlockCurrent();
  host_.At(5, [&] { host_.Wake(*job); });
  host_.At(6, [&] { host_.ExitCurrent(); });
  host_.Ticks(8);
  // Preempted, A stays before B.
  EXPECT_EQ(host_.TakeHistory(), "J2 A3 J1 A4");
  host_.Yield();
  EXPECT_EQ(host_.current_name(), "B");
}

TEST_F(EdfTest, Background_WhileAJobRuns_Starves) {
  host_.Spawn("A");
  host_.Spawn("J", Deadline(1));
  host_.Dispatch();
  host_.Ticks(1000);
  EXPECT_EQ(host_.TakeHistory(), "J1000");
}

// Liu and Layland: with priorities by rate, the second task would miss its
// deadline at 7; by deadline, all are met. The CPU is busy for 34 of 35 ticks.
TEST_F(EdfTest, Utilization97Percent_MeetsEveryDeadline) {
  struct Job {
    FakeTask* task;
    uint64_t runtime;
    uint64_t period;
  };
  std::vector<Job> jobs = {{host_.Spawn("A", Periodic(2, 5)), 2, 5},
                           {host_.Spawn("B", Periodic(4, 7)), 4, 7}};
  host_.Dispatch();
  uint64_t busy = 0;
  for (uint64_t now = 0; now < 350; ++now) {
    for (const Job& job : jobs) {
      if (now == 0 || now % job.period != 0) continue;
      // The job of the period that ends now is complete.
      ASSERT_EQ(job.task->ticks, now / job.period * job.runtime)
          << job.task->name << " at " << now;
      host_.Wake(*job.task);
    }
    if (host_.current() == nullptr) host_.Dispatch();
    // Makes the wake-ups act now, as in a simulation.
    host_.PreemptDisable();
    host_.PreemptEnable();
    busy += host_.current() != nullptr;
    FakeTask* const running = host_.current();
    host_.Ticks(1);
    for (const Job& job : jobs) {
      if (running != job.task) continue;
      if (running->ticks % job.runtime == 0) host_.BlockCurrent();
    }
  }
  EXPECT_EQ(busy, 340u);
}

// ------------------------------------------------------------- admission

TEST_F(EdfTest, Admission_UpToOne_IsAccepted) {
  EXPECT_NE(host_.Spawn("A", Periodic(1, 2)), nullptr);
  EXPECT_NE(host_.Spawn("B", Periodic(1, 3)), nullptr);
  EXPECT_NE(host_.Spawn("C", Periodic(1, 6)), nullptr);
  // Without a runtime there is no reservation.
  EXPECT_NE(host_.Spawn("D", Deadline(1)), nullptr);
  EXPECT_NE(host_.Spawn("E"), nullptr);
}

TEST_F(EdfTest, Admission_ThirdsThatRound_AreAccepted) {
  for (int i = 0; i < 7; ++i) {
    EXPECT_NE(host_.Spawn("A", Periodic(1, 7)), nullptr) << i;
  }
}

TEST_F(EdfTest, Admission_MoreThanOne_IsRefused) {
  ASSERT_NE(host_.Spawn("A", Periodic(99'999, 100'000)), nullptr);
  ASSERT_EQ(host_.Spawn("B", Periodic(2, 100'000)), nullptr);
  EXPECT_EQ(host_.refusal(),
            "the deadlines could not be met: the sum of runtime / period would "
            "exceed 1");
  EXPECT_NE(host_.Spawn("C", Periodic(1, 100'000)), nullptr);
}

TEST_F(EdfTest, Admission_AfterAnExit_HasItsRoomAgain) {
  ASSERT_NE(host_.Spawn("A", Periodic(3, 4)), nullptr);
  ASSERT_EQ(host_.Spawn("B", Periodic(2, 4)), nullptr);
  host_.Dispatch();
  host_.ExitCurrent();
  EXPECT_NE(host_.Spawn("B", Periodic(2, 4)), nullptr);
}

TEST_F(EdfTest, Admission_ChangedParams_CountForTheNext) {
  FakeTask* const a = host_.Spawn("A", Periodic(3, 4));
  a->params.runtime_ns = 1 * kTickNs;
  host_.scheduler().ParamsChanged(*a);
  EXPECT_NE(host_.Spawn("B", Periodic(3, 4)), nullptr);
  EXPECT_EQ(host_.Spawn("C", Periodic(1, 100)), nullptr);
}

struct BadParams {
  TaskParams params;
  std::string refusal;
};

class EdfRefusalTest : public EdfTest,
                       public testing::WithParamInterface<BadParams> {};

TEST_P(EdfRefusalTest, Attach_SaysWhatIsWrong) {
  EXPECT_EQ(host_.Spawn("A", GetParam().params), nullptr);
  EXPECT_EQ(host_.refusal(), GetParam().refusal);
}

INSTANTIATE_TEST_SUITE_P(
    Params, EdfRefusalTest,
    testing::Values(
        BadParams{{.deadline_ns = -1},
                  "a deadline, period or runtime is negative"},
        BadParams{{.period_ns = int64_t{1} << 50},
                  "a deadline, period or runtime is longer than 2.4 hours"},
        BadParams{{.runtime_ns = 1}, "a runtime is declared, but no period"},
        BadParams{{.period_ns = 1, .runtime_ns = 2},
                  "the runtime is longer than the period"},
        BadParams{{.deadline_ns = 1, .period_ns = 3, .runtime_ns = 2},
                  "the runtime is longer than the deadline"}));

}  // namespace
}  // namespace jiffy::sched
