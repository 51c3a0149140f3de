// Fibonacci numbers, the quick way and the slow way.
#ifndef JIFFY_EXAMPLES_FIB_H_
#define JIFFY_EXAMPLES_FIB_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace jiffy::examples {

// The last term that 64 bits hold.
inline constexpr int kLastFib = 93;
// A known term (OEIS A000045) to compare results with.
inline constexpr int kKnownFib = 90;
inline constexpr uint64_t kKnownFibValue = 2880067194370816120;

// Every other term: those of even index, or those of odd index.
enum class Parity { kEven, kOdd };

struct FibTerms {
  static constexpr size_t kCount = (kLastFib + 1) / 2;
  Parity parity = Parity::kEven;
  // terms[k] is fib(2k) or fib(2k + 1).
  std::array<uint64_t, kCount> terms = {};

  int IndexOf(size_t k) const {
    return 2 * static_cast<int>(k) + (parity == Parity::kOdd ? 1 : 0);
  }
};

// Computes every other term without the ones in between, by
// fib(n + 2) = 3 fib(n) - fib(n - 2).
FibTerms ComputeTerms(Parity parity);

// Computes fib(n) by naive recursion, in time proportional to the result.
uint64_t NaiveFib(int n);

// Checks the two halves of the sequence against each other: each term must be
// the sum of the two before it. Returns what is wrong, or an empty string.
std::string FindFibError(const FibTerms& even, const FibTerms& odd);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_FIB_H_
