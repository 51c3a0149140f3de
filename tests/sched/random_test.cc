#include "sched/random.h"

#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "sched/splitmix64.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kMs = 1'000'000;

// The first numbers for this seed in S. Vigna's splitmix64.c.
TEST(SplitMix64Test, Next_KnownSeed_GivesThePublishedNumbers) {
  SplitMix64 random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
  EXPECT_EQ(random.Next(), 4593380528125082431u);
  EXPECT_EQ(random.Next(), 16408922859458223821u);
}

TEST(SplitMix64Test, Below_AnyBound_StaysBelowIt) {
  SplitMix64 random(1);
  for (uint32_t bound : {1u, 2u, 3u, 1000u, 0x80000001u, 0xffffffffu}) {
    for (int i = 0; i < 1000; ++i) ASSERT_LT(random.Below(bound), bound);
  }
}

// Without rejection, a bound of three quarters of 2^32 would give numbers
// divisible by 3 twice as often as others.
TEST(SplitMix64Test, Below_LargeBound_FavoursNobody) {
  SplitMix64 random(1);
  int by_rest[3] = {};
  for (int i = 0; i < 30'000; ++i) ++by_rest[random.Below(0xc0000000u) % 3];
  for (int count : by_rest) EXPECT_NEAR(count, 10'000, 400);
}

// Chi squared against equal shares: with `kTasks` - 1 = 9 degrees of freedom, a
// fair choice exceeds this once in a thousand seeds.
constexpr int kTasks = 10;
constexpr double kLimit = 27.88;

double ChiSquared(const std::map<std::string, int>& counts, int total) {
  const double expected = static_cast<double>(total) / kTasks;
  double sum = 0;
  for (const auto& [name, count] : counts) {
    sum += (count - expected) * (count - expected) / expected;
  }
  return sum;
}

std::unique_ptr<FakeHost> TenTasks(uint64_t seed) {
  auto host =
      std::make_unique<FakeHost>(std::make_unique<Random>(30 * kMs, seed));
  for (int i = 0; i < kTasks; ++i) {
    host->Spawn(std::string(1, static_cast<char>('A' + i)));
  }
  host->Dispatch();
  return host;
}

TEST(RandomTest, Picks_ManyYields_AreUniform) {
  for (uint64_t seed : {1, 2, 3}) {
    const std::unique_ptr<FakeHost> host = TenTasks(seed);
    std::map<std::string, int> counts;
    std::map<std::string, int> after_a;
    constexpr int kPicks = 100'000;
    int picks_after_a = 0;
    for (int i = 0; i < kPicks; ++i) {
      const bool was_a = host->current_name() == "A";
      host->Yield();
      ++counts[host->current_name()];
      if (was_a) {
        ++after_a[host->current_name()];
        ++picks_after_a;
      }
    }
    EXPECT_EQ(counts.size(), size_t{kTasks});
    EXPECT_LT(ChiSquared(counts, kPicks), kLimit) << "seed " << seed;
    // The task that yielded takes part in the draw.
    EXPECT_EQ(after_a.size(), size_t{kTasks});
    EXPECT_LT(ChiSquared(after_a, picks_after_a), kLimit) << "seed " << seed;
  }
}

std::string PicksOf(uint64_t seed) {
  const std::unique_ptr<FakeHost> host = TenTasks(seed);
  std::string picks;
  for (int i = 0; i < 100; ++i) {
    host->Yield();
    picks += host->current_name();
  }
  return picks;
}

TEST(RandomTest, Picks_SameSeed_AreTheSame) {
  EXPECT_EQ(PicksOf(7), PicksOf(7));
  EXPECT_NE(PicksOf(7), PicksOf(8));
}

TEST(RandomTest, Slices_CountedInTicks_AsUnderRoundRobin) {
  FakeHost host(std::make_unique<Random>(30 * kMs, 1));
  host.Spawn("A");
  host.Spawn("B", {.slice_ns = 15 * kMs});
  host.Dispatch();
  host.Ticks(1000);
  // Runs of one task, of any number of slices each.
  const std::string history = host.TakeHistory();
  int runs = 0;
  for (size_t at = 0; at < history.size(); ++runs) {
    const int slice = history[at] == 'A' ? 3 : 2;
    size_t length = 0;
    const int ticks = std::stoi(history.substr(at + 1), &length);
    at += 1 + length + 1;
    if (at < history.size()) {
      EXPECT_EQ(ticks % slice, 0) << history;
    }
  }
  EXPECT_GT(runs, 100);
}

TEST(RandomTest, Attach_WithoutReserve_IsRefused) {
  Random random(30 * kMs, 1);
  Entity entity;
  EXPECT_STREQ(random.Attach(entity),
               "the policy has no room for another task: Reserve was not "
               "called");
  random.Reserve(1);
  EXPECT_EQ(random.Attach(entity), nullptr);
}

TEST(RandomTest, Detach_Task_MakesItsRoomFree) {
  Random random(30 * kMs, 1);
  random.Reserve(1);
  Entity entities[65];
  for (int i = 0; i < 64; ++i) ASSERT_EQ(random.Attach(entities[i]), nullptr);
  EXPECT_NE(random.Attach(entities[64]), nullptr);
  random.Detach(entities[5]);
  EXPECT_EQ(random.Attach(entities[64]), nullptr);
}

}  // namespace
}  // namespace jiffy::sched
