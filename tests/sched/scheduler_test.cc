#include "sched/scheduler.h"

#include "gtest/gtest.h"
#include "sched/fifo.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

TEST(CurrentHostTest, CurrentHost_NoResolver_IsNull) {
  SetCurrentHostResolver(nullptr);
  EXPECT_EQ(CurrentHost(), nullptr);
}

TEST(CurrentHostTest, CurrentHost_Resolver_Answers) {
  {
    FakeHost host(std::make_unique<Fifo>());
    EXPECT_EQ(CurrentHost(), &host);
    EXPECT_EQ(CurrentHost()->scheduler().name(), "fifo");
  }
  EXPECT_EQ(CurrentHost(), nullptr);
}

TEST(EntityTest, Data_AfterInit_IsFreshAndKept) {
  struct Data {
    int a;
    double b;
  };
  Entity entity;
  entity.Init<Data>().a = 5;
  entity.Data<Data>().b = 2.5;
  EXPECT_EQ(entity.Data<Data>().a, 5);
  const Entity& seen = entity;
  EXPECT_EQ(seen.Data<Data>().b, 2.5);
  EXPECT_EQ(entity.Init<Data>().a, 0);
}

}  // namespace
}  // namespace jiffy::sched
