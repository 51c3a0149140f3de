// The promises of every policy, whatever its order of tasks. At each decision,
// the host of these tests checks that the picked task is runnable, and that the
// CPU does not idle while a task is.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "sched/registry.h"
#include "tests/sched/fake_host.h"
#include "tests/sched/policies.h"

namespace jiffy::sched {
namespace {

using State = FakeTask::State;

// A policy with a limit may refuse some tasks of the tests: Linux 0.01 takes
// 63.
constexpr int kMaxTasks = 40;

class ConformanceTest : public testing::TestWithParam<std::string> {
 protected:
  // Lets all tasks exit and checks that each exits once.
  void Drain() {
    for (const auto& task : host_.tasks()) host_.Wake(*task);
    if (host_.current() == nullptr) host_.Dispatch();
    size_t left = 0;
    for (const auto& task : host_.tasks()) left += task->state != State::kGone;
    while (host_.current() != nullptr) {
      ASSERT_GT(left, 0u) << "a task runs twice";
      host_.ExitCurrent();
      --left;
    }
    EXPECT_EQ(left, 0u) << "a task is lost";
  }

  FakeHost host_{Make(GetParam())};
};

TEST_P(ConformanceTest, PickNext_NoTasks_ReturnsNull) {
  EXPECT_EQ(host_.scheduler().PickNext(), nullptr);
  host_.Ticks(10);
  EXPECT_EQ(host_.scheduler().PickNext(), nullptr);
}

TEST_P(ConformanceTest, OneTask_WhateverItDoes_HasTheCpu) {
  FakeTask* const task = host_.Spawn("A");
  host_.Dispatch();
  ASSERT_EQ(host_.current(), task);
  host_.Ticks(100);
  host_.Yield();
  EXPECT_EQ(host_.current(), task);
  host_.BlockCurrent();
  EXPECT_EQ(host_.current(), nullptr);
  host_.Wake(*task);
  host_.Dispatch();
  EXPECT_EQ(host_.current(), task);
  host_.ExitCurrent();
  EXPECT_EQ(host_.current(), nullptr);
}

TEST_P(ConformanceTest, PickNext_BetweenAttachAndEnqueue_LeavesTheTaskAlone) {
  Scheduler& policy = host_.scheduler();
  Entity task;
  policy.Reserve(1);
  ASSERT_EQ(policy.Attach(task), nullptr);
  EXPECT_EQ(policy.PickNext(), nullptr);
  policy.Enqueue(task, EnqueueReason::kNew);
  EXPECT_EQ(policy.PickNext(), &task);
}

TEST_P(ConformanceTest, PickNext_BetweenDequeueAndDetach_LeavesTheTaskAlone) {
  Scheduler& policy = host_.scheduler();
  Entity moving;
  Entity exiting;
  policy.Reserve(2);
  ASSERT_EQ(policy.Attach(moving), nullptr);
  ASSERT_EQ(policy.Attach(exiting), nullptr);
  policy.Enqueue(exiting, EnqueueReason::kNew);
  ASSERT_EQ(policy.PickNext(), &exiting);
  policy.Enqueue(moving, EnqueueReason::kNew);
  policy.Dequeue(moving, DequeueReason::kMigrated);
  policy.Dequeue(exiting, DequeueReason::kExited);
  EXPECT_EQ(policy.PickNext(), nullptr);
  policy.Detach(moving);
  policy.Detach(exiting);
  EXPECT_EQ(policy.PickNext(), nullptr);
}

TEST_P(ConformanceTest, ManyTasks_Spawned_EachRunsAndExitsOnce) {
  for (int i = 0; i < kMaxTasks; ++i) {
    ASSERT_NE(host_.Spawn(std::to_string(i)), nullptr) << host_.refusal();
  }
  Drain();
}

TEST_P(ConformanceTest, Wake_RunnableTask_QueuesItOnce) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Wake(*a);
  host_.Wake(*b);
  host_.Dispatch();
  host_.Wake(*a);
  host_.Wake(*b);
  Drain();
}

TEST_P(ConformanceTest, Tasks_ComingAndGoing_AreRefusedNeverForLackOfRoom) {
  for (int i = 0; i < 1000; ++i) {
    ASSERT_NE(host_.Spawn("A"), nullptr) << host_.refusal();
    if (i < kMaxTasks) continue;
    if (host_.current() == nullptr) host_.Dispatch();
    host_.ExitCurrent();
  }
  Drain();
}

// Events in any legal order.
TEST_P(ConformanceTest, AnyEvents_RandomStream_LosesAndDoublesNobody) {
  const unsigned first_seed = Seed();
  std::cout << "JIFFY_SEED=" << first_seed << '\n';
  for (unsigned seed = first_seed; seed < first_seed + 20; ++seed) {
    SCOPED_TRACE("JIFFY_SEED=" + std::to_string(seed));
    FakeHost host(Make(GetParam()));
    std::mt19937 random(seed);
    const auto below = [&](unsigned bound) {
      return static_cast<int>(random() % bound);
    };
    const auto any_task = [&](State state) -> FakeTask* {
      std::vector<FakeTask*> matching;
      for (const auto& task : host.tasks()) {
        if (task->state == state) matching.push_back(task.get());
      }
      if (matching.empty()) return nullptr;
      return matching[random() % matching.size()];
    };
    const auto any_params = [&] {
      constexpr SchedClass kClasses[] = {SchedClass::kNormal, SchedClass::kFifo,
                                         SchedClass::kRoundRobin};
      return TaskParams{
          .nice = below(40) - 20,
          .priority = below(3) == 0 ? 1 + below(50) : 0,
          .slice_ns = below(3) == 0 ? below(50'000'000) : 0,
          .sched_class = kClasses[below(6) == 0 ? below(3) : 0],
          .deadline_ns = below(3) == 0 ? below(1'000'000'000) : 0};
    };
    size_t alive = 0;
    size_t gone = 0;
    for (int step = 0; step < 3000; ++step) {
      switch (below(12)) {
        case 0:
          if (alive == kMaxTasks) break;
          ASSERT_NE(host.Spawn(std::to_string(step), any_params()), nullptr);
          ++alive;
          break;
        case 1:
          if (host.current() == nullptr || below(4) != 0) break;
          host.ExitCurrent();
          --alive;
          ++gone;
          break;
        case 2:
          if (FakeTask* const task = any_task(State::kQueued);
              task != nullptr && below(8) == 0) {
            host.Migrate(*task);
            --alive;
            ++gone;
          }
          break;
        case 3:
        case 4:
          if (FakeTask* const task = any_task(State::kBlocked)) {
            host.Wake(*task);
          }
          break;
        case 5:
          if (host.current() != nullptr) host.BlockCurrent();
          break;
        case 6:
          if (host.current() != nullptr) host.Yield();
          break;
        case 7:
          if (host.current() == nullptr) break;
          host.PreemptDisable();
          host.Ticks(below(10));
          host.PreemptEnable();
          break;
        case 8:
          if (host.current() == nullptr) break;
          host.PreemptDisable();
          host.Reschedule();
          host.PreemptEnable();
          break;
        case 9:
          for (State state :
               {State::kQueued, State::kRunning, State::kBlocked}) {
            if (FakeTask* const task = any_task(state)) {
              task->params = any_params();
              host.scheduler().ParamsChanged(*task);
            }
          }
          break;
        default:
          host.Ticks(1 + below(10));
      }
      if (host.current() == nullptr) host.Dispatch();
      if (HasFailure()) return;
    }
    EXPECT_GT(gone, 20u) << "the stream is not what it is meant to be";
    for (const auto& task : host.tasks()) host.Wake(*task);
    if (host.current() == nullptr) host.Dispatch();
    for (; host.current() != nullptr; host.ExitCurrent()) --alive;
    EXPECT_EQ(alive, 0u);
    if (HasFailure()) return;
  }
}

// For reports, which may be requested at any time, with any buffer size.
TEST_P(ConformanceTest, Describe_AnyRoom_StaysWithinItAndEndsWithZero) {
  for (const char* name : {"current", "queued"}) {
    host_.Spawn(name, {.deadline_ns = 5'000'000});
  }
  FakeTask* const sleeper = host_.Spawn("sleeper");
  host_.Dispatch();
  for (int i = 0; i < 3 && sleeper->state != State::kBlocked; ++i) {
    if (host_.current() == sleeper) {
      host_.BlockCurrent();
    } else {
      host_.Yield();
    }
  }
  for (const auto& task : host_.tasks()) {
    for (int size = 1; size <= 100; ++size) {
      char buffer[101];
      std::fill(std::begin(buffer), std::end(buffer), '#');
      host_.scheduler().Describe(*task, buffer, static_cast<size_t>(size));
      char* const end = std::find(buffer, buffer + size, '\0');
      EXPECT_NE(end, buffer + size);
      EXPECT_EQ(std::count(buffer + size, std::end(buffer), '#'), 101 - size);
      EXPECT_EQ(std::find(buffer, end, '\n'), end);
    }
  }
  EXPECT_EQ(host_.scheduler().PickRule().find('\n'), std::string_view::npos);
}

// The same events give the same picks: a run can be repeated.
TEST_P(ConformanceTest, Picks_SameEvents_AreTheSame) {
  std::string histories[2];
  for (std::string& history : histories) {
    FakeHost host(Make(GetParam()));
    for (int i = 0; i < 10; ++i) host.Spawn(std::to_string(i) + ":");
    host.Dispatch();
    for (int i = 0; i < 200; ++i) {
      host.Ticks(i % 7);
      host.Yield();
    }
    history = host.TakeHistory();
  }
  EXPECT_EQ(histories[0], histories[1]);
}

TEST_P(ConformanceTest, StartFirst_WhateverThePolicySays_LosesNobody) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  for (int i = 0; i < 20; ++i) {
    FakeTask* const parent = host_.current();
    FakeTask* const child = host_.SpawnFirst("C" + std::to_string(i));
    EXPECT_EQ(child->state,
              host_.current() == parent ? State::kQueued : State::kRunning);
    host_.Ticks(i % 3);
    if (i % 4 == 0) host_.ExitCurrent();
    if (i % 5 == 0) host_.Yield();
  }
  Drain();
}

std::vector<std::string> AllPolicyNames() {
  std::vector<std::string> names;
  for (const PolicyInfo& policy : AllPolicies()) names.push_back(policy.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Policies, ConformanceTest,
                         testing::ValuesIn(AllPolicyNames()),
                         [](const auto& info) { return TestName(info.param); });

}  // namespace
}  // namespace jiffy::sched
