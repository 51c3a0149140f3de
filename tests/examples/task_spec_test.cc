#include "examples/task_spec.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/sort_workload.h"
#include "examples/workload.h"
#include "gtest/gtest.h"

namespace jiffy::examples {
namespace {

TEST(ParseTaskSpecsTest, Kinds_WithCountAndPriority_AreParsed) {
  const absl::StatusOr<std::vector<TaskSpec>> specs =
      ParseTaskSpecs("sort:3,fib:2:15,fib,sort:1000000:1");
  ASSERT_FALSE(specs.ok());  // There is a limit.

  const absl::StatusOr<std::vector<TaskSpec>> good =
      ParseTaskSpecs("sort:3,fib:2:15,fib");
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(*good, (std::vector<TaskSpec>{{TaskKind::kSort, 3, 0},
                                          {TaskKind::kFib, 2, 15},
                                          {TaskKind::kFib, 1, 0}}));
}

struct BadSpec {
  const char* text;
  const char* message;
};

class BadTaskSpecsTest : public testing::TestWithParam<BadSpec> {};

TEST_P(BadTaskSpecsTest, Parse_SaysWhichPartAndWhatIsAllowed) {
  const auto specs = ParseTaskSpecs(GetParam().text);
  EXPECT_TRUE(absl::IsInvalidArgument(specs.status())) << specs.status();
  EXPECT_EQ(std::string(specs.status().message()), GetParam().message);
}

constexpr char kEmpty[] =
    "an entry is empty; it must be KIND[:COUNT[:PRIORITY]], such as sort:3";

INSTANTIATE_TEST_SUITE_P(
    All, BadTaskSpecsTest,
    testing::Values(
        BadSpec{"", kEmpty}, BadSpec{"sort:3,", kEmpty},
        BadSpec{",fib", kEmpty},
        BadSpec{"sort:3,grep:2",
                "'grep' in 'grep:2': not a kind of task; there are sort and "
                "fib"},
        BadSpec{"Sort:3",
                "'Sort' in 'Sort:3': not a kind of task; there are sort and "
                "fib"},
        BadSpec{"sort:",
                "'' in 'sort:': the number of tasks must be from 1 to 1000"},
        BadSpec{"sort:0",
                "'0' in 'sort:0': the number of tasks must be from 1 to 1000"},
        BadSpec{"sort:-1",
                "'-1' in 'sort:-1': the number of tasks must be from 1 to "
                "1000"},
        BadSpec{"sort:2.5",
                "'2.5' in 'sort:2.5': the number of tasks must be from 1 to "
                "1000"},
        BadSpec{"fib:99999999999999999999",
                "'99999999999999999999' in 'fib:99999999999999999999': the "
                "number of tasks must be from 1 to 1000"},
        BadSpec{"sort:600,fib:600",
                "'fib:600' in 'sort:600,fib:600': there can be 1000 tasks in "
                "all"},
        BadSpec{"fib:1:high",
                "'high' in 'fib:1:high': the priority must be from 1 to "
                "1000000"},
        BadSpec{"fib:1:0",
                "'0' in 'fib:1:0': the priority must be from 1 to 1000000"},
        BadSpec{"fib:1:2:3",
                "'3' in 'fib:1:2:3': an entry is KIND[:COUNT[:PRIORITY]]"}));

TEST(MakeWorkloadsTest, Names_AreUniqueAndInOrder) {
  const auto specs = ParseTaskSpecs("sort:7:30,fib:3:15,sort");
  ASSERT_TRUE(specs.ok());
  const auto workloads = MakeWorkloads(
      *specs, {.sort_input = RandomNumbers(10, 1), .last_naive_fib = 3});
  std::vector<std::string> names;
  names.reserve(workloads.size());
  for (const std::unique_ptr<Workload>& workload : workloads) {
    names.push_back(workload->name());
  }
  EXPECT_EQ(names, (std::vector<std::string>{
                       "sort.quick", "sort.merge", "sort.heap", "sort.shell",
                       "sort.std", "sort.qsort", "sort.quick.2", "fib.even",
                       "fib.odd", "fib.even.2", "sort.merge.2"}));
  EXPECT_EQ(workloads[0]->priority(), 30);
  EXPECT_EQ(workloads[9]->priority(), 15);
  EXPECT_EQ(workloads[10]->priority(), 0);
}

TEST(MakeWorkloadsTest, Workloads_ThatRan_AreCorrect) {
  const auto specs = ParseTaskSpecs("fib:3,sort:6");
  ASSERT_TRUE(specs.ok());
  const auto workloads = MakeWorkloads(
      *specs, {.sort_input = RandomNumbers(1000, 1), .last_naive_fib = 12});
  for (const auto& workload : workloads) workload->Run();
  for (const auto& workload : workloads) {
    const Verdict verdict = workload->Check();
    EXPECT_TRUE(verdict.correct) << workload->name() << ": " << verdict.text;
  }
}

}  // namespace
}  // namespace jiffy::examples
