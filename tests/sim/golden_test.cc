// Orders calculated by hand: golden/POLICY/NAME.json is a workload with a
// comment that explains the calculation, and NAME.csv is the output that the
// laboratory must write for it:
//   ./jiffy lab tests/sim/golden/rr/hogs.json --policy rr --csv -
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sched/sim/engine.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

using std::filesystem::path;

constexpr char kFolder[] = "tests/sim/golden";

std::string Read(const path& file) {
  std::ifstream stream(file);
  EXPECT_TRUE(stream.good()) << file;
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Returns every file's path without its extension: a pair occurs twice.
std::vector<path> Stems() {
  std::vector<path> stems;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(kFolder)) {
    if (!entry.is_directory()) {
      stems.push_back(path(entry.path()).replace_extension());
    }
  }
  std::sort(stems.begin(), stems.end());
  return stems;
}

std::vector<path> Pairs() {
  std::vector<path> pairs = Stems();
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

std::string NameOf(const testing::TestParamInfo<path>& info) {
  std::string name = absl::StrCat(info.param.parent_path().filename().string(),
                                  "_", info.param.filename().string());
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; },
      '_');
  return name;
}

class GoldenTest : public testing::TestWithParam<path> {};

TEST_P(GoldenTest, SwitchesAreThoseOfTheCsv) {
  const std::string policy = GetParam().parent_path().filename().string();
  const Outcome outcome =
      RunWorkload(Read(path(GetParam()).concat(".json")), {.policy = policy});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(
      absl::StrCat("time_us,cpu,prev,prev_state,next\n", outcome.switches),
      Read(path(GetParam()).concat(".csv")));
}

INSTANTIATE_TEST_SUITE_P(AllPairs, GoldenTest, testing::ValuesIn(Pairs()),
                         NameOf);

TEST(GoldenFiles, ComeInPairs) {
  const std::vector<path> stems = Stems();
  EXPECT_GE(stems.size(), 32u);
  for (const path& stem : stems) {
    EXPECT_EQ(std::count(stems.begin(), stems.end(), stem), 2) << stem;
  }
}

}  // namespace
}  // namespace jiffy::sched::sim
