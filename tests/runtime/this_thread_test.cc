// Names, ids, and the behaviour of this_thread outside of green threads.
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class ThisThreadTest : public EveryRunModeTest {};

TEST(ThisThread, OutsideOfRuns_IsNobody) {
  EXPECT_EQ(this_thread::Id(), 0u);
  EXPECT_EQ(this_thread::Name(), "");
  EXPECT_FALSE(this_thread::StopToken().stop_possible());
  this_thread::Yield();
  this_thread::SleepFor(absl::Microseconds(1));
  this_thread::SleepFor(absl::Seconds(-1));
  const NoPreempt guard;
}

TEST_P(ThisThreadTest, IdsAndNames_AreThoseOfTheHandle) {
  Run([] {
    EXPECT_EQ(this_thread::Id(), 1u);
    EXPECT_EQ(this_thread::Name(), "main");
    uint64_t id = 0;
    std::string name;
    Thread named({.name = "reader"}, [&] {
      id = this_thread::Id();
      name = this_thread::Name();
    });
    EXPECT_EQ(named.Id(), 2u);
    EXPECT_EQ(named.Stats().name, "reader");
    EXPECT_TRUE(named.Join().ok());
    EXPECT_EQ(id, 2u);
    EXPECT_EQ(name, "reader");
  });
}

TEST_P(ThisThreadTest, WithoutName_IsNamedByItsNumber) {
  Run([] {
    std::string name;
    Thread first([&] { name = this_thread::Name(); });
    EXPECT_TRUE(first.Join().ok());
    EXPECT_EQ(name, "thread-2");
    Thread second([&] { name = this_thread::Name(); });
    EXPECT_EQ(second.Stats().name, "thread-3");
    EXPECT_TRUE(second.Join().ok());
    EXPECT_EQ(name, "thread-3");
  });
}

TEST_P(ThisThreadTest, LongestName_IsKeptWhole) {
  Run([] {
    const std::string longest(kMaxNameLength, 'n');
    std::string name;
    Thread thread({.name = longest}, [&] { name = this_thread::Name(); });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(name, longest);
  });
}

TEST_P(ThisThreadTest, Ids_AreNeverUsedAgainInARun) {
  Run([] {
    std::set<uint64_t> ids;
    for (int i = 0; i < 100; ++i) {
      Thread thread([] {});
      ids.insert(thread.Id());
      EXPECT_TRUE(thread.Join().ok());
    }
    EXPECT_EQ(ids.size(), 100u);
    EXPECT_EQ(*ids.begin(), 2u);
    EXPECT_EQ(*ids.rbegin(), 101u);
  });
}

// A program's OS thread is no green thread, even during a run.
TEST_P(ThisThreadTest, OsThreadDuringRun_IsNobody) {
  Run([] {
    std::thread os_thread([] {
      EXPECT_EQ(this_thread::Id(), 0u);
      this_thread::Yield();
      const NoPreempt guard;
    });
    os_thread.join();
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ThisThreadTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
