// The demo's sort tasks: what they read, and that they report wrong results.

#include "examples/sort_workload.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "examples/sort.h"
#include "gtest/gtest.h"

namespace jiffy::examples {
namespace {

using Lines = std::vector<std::string_view>;

std::shared_ptr<const SortLines> LinesOf(const std::string& text) {
  const std::string path = testing::TempDir() + "/lines";
  FILE* file = fopen(path.c_str(), "w");
  fwrite(text.data(), 1, text.size(), file);
  fclose(file);
  auto lines = ReadLines(path);
  EXPECT_TRUE(lines.ok()) << lines.status();
  return *lines;
}

TEST(ReadLinesTest, File_WithOrWithoutLastNewline_SameLines) {
  EXPECT_EQ(LinesOf("b\na\n")->items, (Lines{"b", "a"}));
  EXPECT_EQ(LinesOf("b\na")->items, (Lines{"b", "a"}));
}

TEST(ReadLinesTest, File_WithEmptyLines_KeepsThem) {
  EXPECT_EQ(LinesOf("")->items, Lines());
  EXPECT_EQ(LinesOf("\n")->items, Lines{""});
  EXPECT_EQ(LinesOf("\na\n\n")->items, (Lines{"", "a", ""}));
}

TEST(ReadLinesTest, File_WithAnyBytes_KeepsThem) {
  using namespace std::string_literals;
  EXPECT_EQ(LinesOf("a\0b\n\xff\r\n"s)->items, (Lines{"a\0b"s, "\xff\r"}));
}

TEST(ReadLinesTest, NotAFile_ErrorNamesIt) {
  EXPECT_EQ(ReadLines("/none/such").status(),
            absl::NotFoundError("/none/such: No such file or directory"));
  EXPECT_EQ(ReadLines("/").status(),
            absl::InvalidArgumentError("/: is a directory"));
  EXPECT_EQ(ReadLines("/dev/zero").status(),
            absl::InvalidArgumentError("/dev/zero: is not a regular file"));
}

TEST(RandomNumbersTest, Numbers_DependOnTheSeedAlone) {
  EXPECT_EQ(RandomNumbers(100, 1)->items, RandomNumbers(100, 1)->items);
  EXPECT_NE(RandomNumbers(100, 1)->items, RandomNumbers(100, 2)->items);
}

Verdict VerdictOf(void (*sort)(std::span<uint64_t>), int rounds = 1) {
  SortWorkload<uint64_t> workload("sort", {"algorithm", sort},
                                  RandomNumbers(100, 1));
  for (int i = 0; i < rounds; ++i) workload.Run();
  return workload.Check();
}

TEST(SortWorkloadTest, Check_SortThatSorts_Correct) {
  const Verdict verdict = VerdictOf(&StdSort<uint64_t>, 3);
  EXPECT_TRUE(verdict.correct);
  EXPECT_EQ(verdict.text, "sorted: yes (100 numbers, permutation ok)");
}

TEST(SortWorkloadTest, Check_SortThatLosesAnElement_NotCorrect) {
  const Verdict verdict = VerdictOf([](std::span<uint64_t> items) {
    StdSort(items);
    items[50] = items[49];
  });
  EXPECT_FALSE(verdict.correct);
  EXPECT_EQ(verdict.text,
            "sorted: NO, in order, but not the elements that were to be "
            "sorted");
}

TEST(SortWorkloadTest, Check_WrongInOneRoundOnly_NotCorrect) {
  static int round;
  round = 0;
  const auto sort = [](std::span<uint64_t> items) {
    StdSort(items);
    if (++round == 2) std::swap(items[0], items[1]);
  };
  EXPECT_FALSE(VerdictOf(sort, 3).correct);
}

TEST(SortWorkloadTest, Check_DuplicateLines_Correct) {
  SortWorkload<std::string_view> workload(
      "sort", {"merge", &MergeSort<std::string_view>},
      LinesOf("b\na\nb\n\nb\na"));
  workload.Run();
  EXPECT_EQ(workload.Check().text, "sorted: yes (6 lines, permutation ok)");
}

}  // namespace
}  // namespace jiffy::examples
