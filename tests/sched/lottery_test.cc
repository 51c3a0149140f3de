#include "sched/lottery.h"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kTickNs = FakeHost::kTickNs;

std::unique_ptr<Lottery> OfSeed(uint64_t seed, int slice_ticks = 1) {
  return std::make_unique<Lottery>(
      Lottery::Options{.slice_ns = slice_ticks * kTickNs, .seed = seed});
}

// Chi squared of the ticks against the tickets, with 3 degrees of freedom: a
// fair lottery exceeds this once in a thousand seeds.
TEST(LotteryTest, Shares_ByTickets_AreAsExpected) {
  constexpr double kLimit = 16.27;
  constexpr int kTicks = 100'000;
  for (const uint64_t seed : {1, 2, 3}) {
    FakeHost host(OfSeed(seed));
    const int tickets[] = {1, 2, 3, 4};
    for (const int count : tickets) host.Spawn("A", {.priority = count});
    host.Dispatch();
    host.Ticks(kTicks);
    double chi_squared = 0;
    for (int i = 0; i < 4; ++i) {
      const double expected = kTicks * tickets[i] / 10.0;
      const double error =
          static_cast<double>(host.tasks()[i]->ticks) - expected;
      chi_squared += error * error / expected;
    }
    EXPECT_LT(chi_squared, kLimit) << "seed " << seed;
  }
}

TEST(LotteryTest, Shares_Nice0And5_AreNear1024To335) {
  FakeHost host(OfSeed(1));
  FakeTask* const a = host.Spawn("A");
  FakeTask* const b = host.Spawn("B", {.nice = 5});
  host.Dispatch();
  host.Ticks(100'000);
  // A share of 0.7535; three standard deviations are 0.0041.
  EXPECT_NEAR(static_cast<double>(a->ticks) / 100'000, 1024.0 / 1359, 0.0041);
  EXPECT_GT(b->ticks, 0u);
}

std::string PicksOf(uint64_t seed) {
  FakeHost host(OfSeed(seed));
  for (const char* name : {"A", "B", "C"}) host.Spawn(name);
  host.Dispatch();
  host.Ticks(100);
  return host.TakeHistory();
}

TEST(LotteryTest, Picks_SameSeed_AreTheSame) {
  EXPECT_EQ(PicksOf(7), PicksOf(7));
  EXPECT_NE(PicksOf(7), PicksOf(8));
}

// The winner keeps the CPU for a slice.
TEST(LotteryTest, Slices_LastThatManyTicks) {
  FakeHost host(OfSeed(1, 5));
  host.Spawn("A");
  host.Spawn("B", {.slice_ns = 2 * kTickNs});
  host.Dispatch();
  for (int i = 0; i < 1000; ++i) {
    const std::string name = host.current_name();
    host.TakeHistory();
    const int slice = name == "A" ? 5 : 2;
    host.Ticks(slice);
    EXPECT_EQ(host.TakeHistory(), name + std::to_string(slice));
  }
}

// B blocks after a fifth of its slice and is woken when A has won. Returns B's
// share of the CPU.
double ShareOfTheOneThatBlocks(bool compensation) {
  FakeHost host(std::make_unique<Lottery>(Lottery::Options{
      .slice_ns = 5 * kTickNs, .seed = 1, .compensation = compensation}));
  host.Spawn("A");
  FakeTask* const b = host.Spawn("B");
  host.Dispatch();
  for (int i = 0; i < 100'000; ++i) {
    const bool b_runs = host.current() == b;
    host.Ticks(1);
    if (b_runs) {
      host.BlockCurrent();
      host.Wake(*b);
    }
  }
  return static_cast<double>(b->ticks) / 100'000;
}

TEST(LotteryTest, Compensation_TaskThatBlocksEarly_GetsItsShare) {
  // After its tick come five of A, then lotteries that it wins with 5:1, or
  // 1:1; each lost one costs five more ticks.
  EXPECT_NEAR(ShareOfTheOneThatBlocks(true), 1 / (1 + 5 * 1.2), 0.005);
  EXPECT_NEAR(ShareOfTheOneThatBlocks(false), 1 / (1 + 5 * 2.0), 0.005);
}

// The paper's example: it yields after a fifth, and so takes part in the next
// lottery.
double ShareOfTheOneThatYields(bool compensation) {
  FakeHost host(std::make_unique<Lottery>(Lottery::Options{
      .slice_ns = 5 * kTickNs, .seed = 1, .compensation = compensation}));
  host.Spawn("A");
  FakeTask* const b = host.Spawn("B");
  host.Dispatch();
  for (int i = 0; i < 100'000; ++i) {
    const bool b_runs = host.current() == b;
    host.Ticks(1);
    if (b_runs) host.Yield();
  }
  return static_cast<double>(b->ticks) / 100'000;
}

TEST(LotteryTest, Compensation_TaskThatYieldsEarly_GetsItsShareExactly) {
  EXPECT_NEAR(ShareOfTheOneThatYields(true), 0.5, 0.01);
  EXPECT_NEAR(ShareOfTheOneThatYields(false), 1.0 / 6, 0.01);
}

TEST(LotteryTest, Compensation_AfterTheNextWin_IsOver) {
  FakeHost host(OfSeed(1, 4));
  FakeTask* const a = host.Spawn("A", {.priority = 10});
  host.Dispatch();
  host.Ticks(1);
  host.BlockCurrent();
  EXPECT_EQ(a->Data<Lottery::Task>().tickets, 40);
  host.Wake(*a);
  host.Dispatch();
  EXPECT_EQ(a->Data<Lottery::Task>().tickets, 10);
}

TEST(LotteryTest, Compensation_NoTimeUsed_IsAThousandfold) {
  FakeHost host(OfSeed(1));
  FakeTask* const a = host.Spawn("A", {.priority = 10});
  host.Dispatch();
  host.BlockCurrent();
  EXPECT_NEAR(static_cast<double>(a->Data<Lottery::Task>().tickets), 10'000, 2);
}

TEST(LotteryTest, ParamsChanged_Tickets_CountFromTheNextLottery) {
  FakeHost host(OfSeed(1));
  FakeTask* const a = host.Spawn("A", {.priority = 1});
  FakeTask* const b = host.Spawn("B", {.priority = 1});
  host.Dispatch();
  a->params.priority = 9;
  host.scheduler().ParamsChanged(*a);
  host.Ticks(10'000);
  EXPECT_NEAR(static_cast<double>(a->ticks), 9000, 120);
  EXPECT_NEAR(static_cast<double>(b->ticks), 1000, 120);
}

// Every node of the tree has the sum of the tickets below it, after any events.
TEST(LotteryTest, Tree_RandomEvents_KeepsItsSums) {
  const char* const given = std::getenv("JIFFY_SEED");
  const unsigned seed = given == nullptr ? 1 : std::atoi(given);
  std::cout << "JIFFY_SEED=" << seed << '\n';
  std::mt19937 random(seed);
  FakeHost host(OfSeed(seed));
  constexpr int kTasks = 100;
  for (int i = 0; i < kTasks; ++i) {
    host.Spawn("A", {.priority = static_cast<int>(1 + random() % 1000)});
  }
  host.Dispatch();
  for (int step = 0; step < 20'000; ++step) {
    FakeTask* const task = host.tasks()[random() % kTasks].get();
    switch (random() % 6) {
      case 0:
      case 1:
        if (host.current() != nullptr) host.BlockCurrent();
        break;
      case 2:
        host.Wake(*task);
        break;
      case 3:
        if (host.current() != nullptr) host.Yield();
        break;
      case 4:
        task->params.priority = static_cast<int>(1 + random() % 1000);
        host.scheduler().ParamsChanged(*task);
        break;
      default:
        host.Ticks(1);
    }
    if (host.current() == nullptr) host.Dispatch();

    std::map<uint32_t, const Lottery::Task*> places;
    for (const auto& other : host.tasks()) {
      const Lottery::Task& data = other->Data<Lottery::Task>();
      if (!data.queued) continue;
      ASSERT_TRUE(places.emplace(data.index, &data).second);
    }
    uint32_t expected_index = 0;
    for (const auto& [index, data] : places) {
      ASSERT_EQ(index, expected_index++) << "JIFFY_SEED=" << seed;
      int64_t sum = data->tickets;
      for (const uint32_t child : {2 * index + 1, 2 * index + 2}) {
        if (places.contains(child)) sum += places[child]->subtree;
      }
      ASSERT_EQ(data->subtree, sum) << "JIFFY_SEED=" << seed;
    }
  }
}

TEST(LotteryTest, Attach_WithoutReserve_IsRefused) {
  Lottery lottery(Lottery::Options{});
  Entity entity;
  EXPECT_STREQ(lottery.Attach(entity),
               "the policy has no room for another task: Reserve was not "
               "called");
  lottery.Reserve(1);
  EXPECT_EQ(lottery.Attach(entity), nullptr);
}

}  // namespace
}  // namespace jiffy::sched
