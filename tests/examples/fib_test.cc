#include "examples/fib.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "examples/fib_workload.h"
#include "gtest/gtest.h"

namespace jiffy::examples {
namespace {

uint64_t Term(const FibTerms& even, const FibTerms& odd, int n) {
  return (n % 2 == 0 ? even : odd).terms[static_cast<size_t>(n / 2)];
}

TEST(FibTest, ComputeTerms_EvenAndOdd_AreTheSequence) {
  const FibTerms even = ComputeTerms(Parity::kEven);
  const FibTerms odd = ComputeTerms(Parity::kOdd);
  const uint64_t first[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55};
  for (int n = 0; n <= 10; ++n) EXPECT_EQ(Term(even, odd, n), first[n]) << n;
  EXPECT_EQ(Term(even, odd, 90), 2880067194370816120u);
  EXPECT_EQ(Term(even, odd, 93), 12200160415121876738u);
  EXPECT_EQ(FindFibError(even, odd), "");
}

TEST(FibTest, IndexOf_Terms_CountByTwo) {
  EXPECT_EQ(ComputeTerms(Parity::kEven).IndexOf(0), 0);
  EXPECT_EQ(ComputeTerms(Parity::kOdd).IndexOf(0), 1);
  EXPECT_EQ(ComputeTerms(Parity::kEven).IndexOf(45), 90);
  EXPECT_EQ(ComputeTerms(Parity::kOdd).IndexOf(FibTerms::kCount - 1), kLastFib);
}

TEST(FibTest, NaiveFib_SmallTerms_AreTheSequence) {
  const FibTerms even = ComputeTerms(Parity::kEven);
  const FibTerms odd = ComputeTerms(Parity::kOdd);
  for (int n = 0; n <= 25; ++n) EXPECT_EQ(NaiveFib(n), Term(even, odd, n)) << n;
}

TEST(FibTest, FindFibError_AnyTermWrong_IsFound) {
  for (int n = 0; n <= kLastFib; ++n) {
    FibTerms even = ComputeTerms(Parity::kEven);
    FibTerms odd = ComputeTerms(Parity::kOdd);
    (n % 2 == 0 ? even : odd).terms[static_cast<size_t>(n / 2)] ^= 1;
    // It, or the next term, is inconsistent.
    const std::string error = FindFibError(even, odd);
    EXPECT_TRUE(error.starts_with("fib(" + std::to_string(n) + ") is "))
        << error;
  }
}

// Halves that agree with each other but are not Fibonacci's: all terms doubled.
TEST(FibTest, FindFibError_AnotherSequence_IsFound) {
  FibTerms even = ComputeTerms(Parity::kEven);
  FibTerms odd = ComputeTerms(Parity::kOdd);
  for (uint64_t& term : even.terms) term *= 2;
  for (uint64_t& term : odd.terms) term *= 2;
  EXPECT_EQ(FindFibError(even, odd), "fib(1) is 2, should be 1");
}

TEST(FibWorkloadTest, Check_PairThatRan_BothCorrect) {
  FibWorkload even("even", Parity::kEven, 10);
  FibWorkload odd("odd", Parity::kOdd, 10);
  even.set_partner(&odd);
  odd.set_partner(&even);
  even.Run();
  odd.Run();
  EXPECT_TRUE(even.Check().correct);
  EXPECT_EQ(even.Check().text, "fib(90) = 2880067194370816120");
  EXPECT_TRUE(odd.Check().correct);
  EXPECT_EQ(odd.Check().text, "fib(89) = 1779979416004714189");
}

TEST(FibWorkloadTest, Check_NoPartner_IsCheckedAllTheSame) {
  FibWorkload odd("odd", Parity::kOdd, 0);
  odd.Run();
  EXPECT_TRUE(odd.Check().correct);
}

// Each half is compared with the other: one that has not run has no terms.
TEST(FibWorkloadTest, Check_PartnerHasNoTerms_NotCorrect) {
  FibWorkload even("even", Parity::kEven, 10);
  const FibWorkload odd("odd", Parity::kOdd, 10);
  even.set_partner(&odd);
  even.Run();
  EXPECT_FALSE(even.Check().correct);
  EXPECT_EQ(even.Check().text, "fib(1) is 0, should be 1");
}

}  // namespace
}  // namespace jiffy::examples
