// A policy that breaks its contract is reported, by its own name and the
// thread's, whatever its threads do.
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

enum class Fault {
  kDropsYielders,  // But for the first thread.
  kGivesSleepers,
  kGivesTheDead,
};

// First come, first served, with one fault.
class FaultyPolicy final : public sched::Scheduler {
 public:
  explicit FaultyPolicy(Fault fault) : fault_(fault) {}

  std::string_view name() const override { return "faulty"; }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason reason) override {
    if (fault_ == Fault::kDropsYielders && entity.id > 1 &&
        reason == sched::EnqueueReason::kYielded) {
      return;
    }
    if (&entity == kept_) kept_ = nullptr;
    queue_.PushBack(entity);
  }
  void Dequeue(sched::Entity& entity, sched::DequeueReason reason) override {
    if (fault_ == (reason == sched::DequeueReason::kExited
                       ? Fault::kGivesTheDead
                       : Fault::kGivesSleepers)) {
      kept_ = &entity;
    }
  }
  sched::Entity* PickNext() override {
    return kept_ != nullptr ? kept_ : queue_.PopFront();
  }
  bool Tick(sched::Entity& /*current*/, int /*ticks*/) override {
    return false;
  }

 private:
  const Fault fault_;
  sched::RunList queue_;
  sched::Entity* kept_ = nullptr;
};

class FaultyPolicyTest : public RunTest {
 protected:
  void Use(Fault fault) {
    options_.policy = [fault](const sched::PolicyConfig& /*config*/)
        -> absl::StatusOr<std::unique_ptr<sched::Scheduler>> {
      return std::make_unique<FaultyPolicy>(fault);
    };
  }

  std::string ErrorOf(absl::FunctionRef<void()> fn) {
    const absl::Status status = RunOnce(fn);
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
    spare_slots_ += stats().most_threads;
    return std::string(status.message());
  }
};

TEST_F(FaultyPolicyTest, DropsRunnableThreads_EndsTheRunAndNamesThem) {
  Use(Fault::kDropsYielders);
  Thread a;
  Thread b;
  const std::string error = ErrorOf([&] {
    a = Thread({.name = "a"}, [] { this_thread::Yield(); });
    b = Thread({.name = "b"}, [] { this_thread::Yield(); });
    a.Join().IgnoreError();
  });
  EXPECT_THAT(error, HasSubstr("the scheduler 'faulty' has 2 runnable threads "
                               "that it does not give: "));
  EXPECT_THAT(error, HasSubstr("'a' (#2)"));
  EXPECT_THAT(error, HasSubstr("'b' (#3)"));
  EXPECT_THAT(error, Not(HasSubstr("deadlock")));
}

// Otherwise the run would continue for an hour, without that thread.
TEST_F(FaultyPolicyTest, DropsOneWhileAnotherSleeps_EndsTheRunAndNamesIt) {
  Use(Fault::kDropsYielders);
  Thread lost;
  const std::string error = ErrorOf([&] {
    lost = Thread({.name = "lost"}, [] { this_thread::Yield(); });
    this_thread::SleepFor(absl::Hours(1));
  });
  EXPECT_THAT(error, HasSubstr("the scheduler 'faulty' has 1 runnable thread "
                               "that it does not give: 'lost' (#2)"));
}

TEST_F(FaultyPolicyTest, GivesAThreadThatWaits_EndsTheProgramAndNamesIt) {
  Use(Fault::kGivesSleepers);
  EXPECT_DEATH(Run([] {
                 Thread sleeper({.name = "sleeper"},
                                [] { this_thread::SleepFor(absl::Hours(1)); });
                 sleeper.Join().IgnoreError();
               }),
               "the scheduler 'faulty' chose thread .*#1.*, which is not "
               "runnable: it waits");
}

TEST_F(FaultyPolicyTest, GivesAThreadThatEnded_EndsTheProgramAndNamesIt) {
  Use(Fault::kGivesTheDead);
  EXPECT_DEATH(Run([] {
                 Thread thread([] {});
                 this_thread::Yield();
               }),
               "the scheduler 'faulty' chose thread #2, which has ended");
}

}  // namespace
}  // namespace jiffy
