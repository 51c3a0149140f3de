// The examples' sorting algorithms, and the check that all tests rely on.

#include "examples/sort.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace jiffy::examples {
namespace {

struct Shape {
  const char* name;
  // The i-th of n numbers.
  uint64_t (*number)(size_t i, size_t n);
};

uint64_t Random(size_t i, size_t n) {
  return std::mt19937_64(i * 1'000'003 + n)();
}

constexpr Shape kShapes[] = {
    {"random", &Random},
    {"ascending", [](size_t i, size_t) -> uint64_t { return i; }},
    {"descending", [](size_t i, size_t n) -> uint64_t { return n - i; }},
    {"equal", [](size_t, size_t) -> uint64_t { return 7; }},
    {"few values",
     [](size_t i, size_t n) -> uint64_t { return Random(i, n) % 3; }},
    {"organ pipe",
     [](size_t i, size_t n) -> uint64_t { return std::min(i, n - i); }},
    {"extremes",
     [](size_t i, size_t) -> uint64_t { return i % 2 == 0 ? 0 : UINT64_MAX; }},
};

template <typename T>
void ExpectSorts(void (*sort)(std::span<T>), std::vector<T> items) {
  const std::vector<T> input = items;
  std::vector<T> expected = items;
  std::sort(expected.begin(), expected.end());
  sort(items);
  EXPECT_EQ(items, expected);
  EXPECT_EQ(FindSortError<T>(items, FingerprintOf<T>(input)), "");
}

std::vector<uint64_t> Numbers(const Shape& shape, size_t count) {
  std::vector<uint64_t> numbers;
  for (size_t i = 0; i < count; ++i) numbers.push_back(shape.number(i, count));
  return numbers;
}

// Uses the lengths around which algorithms change their method and, except for
// the quadratic one, some long ones.
void ExpectSortsAll(void (*sort)(std::span<uint64_t>),
                    void (*sort_lines)(std::span<std::string_view>),
                    bool quadratic) {
  std::vector<size_t> counts;
  for (size_t count = 0; count < 70; ++count) counts.push_back(count);
  counts.push_back(1000);
  if (!quadratic) counts.insert(counts.end(), {4099, 100'000});
  for (const Shape& shape : kShapes) {
    for (const size_t count : counts) {
      SCOPED_TRACE(testing::Message() << shape.name << ", " << count);
      const std::vector<uint64_t> numbers = Numbers(shape, count);
      ExpectSorts<uint64_t>(sort, numbers);
      if (count > 5000) continue;
      std::vector<std::string> texts;
      texts.reserve(count);
      for (const uint64_t number : numbers) {
        texts.push_back(std::to_string(number));
      }
      ExpectSorts<std::string_view>(sort_lines, {texts.begin(), texts.end()});
      if (testing::Test::HasFailure()) return;
    }
  }
}

class SortAlgorithmTest : public testing::TestWithParam<size_t> {};

TEST_P(SortAlgorithmTest, Sort_InputsOfAllShapes_AreSorted) {
  const auto& algorithm = FastSortAlgorithms<uint64_t>()[GetParam()];
  SCOPED_TRACE(algorithm.name);
  ExpectSortsAll(algorithm.sort,
                 FastSortAlgorithms<std::string_view>()[GetParam()].sort,
                 /*quadratic=*/false);
}

INSTANTIATE_TEST_SUITE_P(
    Algorithms, SortAlgorithmTest,
    testing::Range<size_t>(0, FastSortAlgorithms<uint64_t>().size()),
    [](const testing::TestParamInfo<size_t>& info) {
      return std::string(FastSortAlgorithms<uint64_t>()[info.param].name);
    });

TEST(InsertionSortTest, Sort_InputsOfAllShapes_AreSorted) {
  ExpectSortsAll(&InsertionSort<uint64_t>, &InsertionSort<std::string_view>,
                 /*quadratic=*/true);
}

// Tests the check itself: each input breaks one element of a right result.
class FindSortErrorTest : public testing::Test {
 protected:
  std::string ErrorOf(const std::vector<uint64_t>& items) const {
    return FindSortError<uint64_t>(items, fingerprint_);
  }

  const std::vector<uint64_t> sorted_ = {1, 3, 3, 5, 8, 13};
  const Fingerprint fingerprint_ =
      FingerprintOf<uint64_t>(std::vector<uint64_t>{13, 3, 8, 1, 3, 5});
};

TEST_F(FindSortErrorTest, SortedPermutation_Nothing) {
  EXPECT_EQ(ErrorOf(sorted_), "");
}

TEST_F(FindSortErrorTest, NotSorted_NamesTheElement) {
  EXPECT_EQ(ErrorOf({1, 3, 3, 8, 5, 13}),
            "element 4 is less than the one before it");
  EXPECT_EQ(ErrorOf({13, 3, 8, 1, 3, 5}),
            "element 1 is less than the one before it");
}

TEST_F(FindSortErrorTest, ElementsLostOrTwice_NotThePermutation) {
  const std::string error =
      "in order, but not the elements that were to be sorted";
  EXPECT_EQ(ErrorOf({1, 3, 5, 5, 8, 13}), error);
  EXPECT_EQ(ErrorOf({1, 3, 3, 5, 8, 14}), error);
  EXPECT_EQ(ErrorOf({0, 0, 0, 0, 0, 0}), error);
  // The same sum: 3 + 5 = 4 + 4.
  EXPECT_EQ(ErrorOf({1, 3, 4, 4, 8, 13}), error);
}

TEST_F(FindSortErrorTest, WrongNumberOfElements_NamesBoth) {
  EXPECT_EQ(ErrorOf({1, 3, 3, 5, 8}), "5 elements instead of 6");
  EXPECT_EQ(ErrorOf({}), "0 elements instead of 6");
}

}  // namespace
}  // namespace jiffy::examples
