#include "examples/fib.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace jiffy::examples {

FibTerms ComputeTerms(Parity parity) {
  FibTerms result;
  result.parity = parity;
  auto& terms = result.terms;
  terms[0] = parity == Parity::kEven ? 0 : 1;
  terms[1] = parity == Parity::kEven ? 1 : 2;
  for (size_t k = 2; k < terms.size(); ++k) {
    // The triple may overflow 64 bits where the difference does not: the result
    // is still right, modulo 2^64.
    terms[k] = 3 * terms[k - 1] - terms[k - 2];
  }
  return result;
}

// Not inlined, so that callers pay for each call.
[[gnu::noinline]] uint64_t NaiveFib(int n) {
  if (n < 2) return static_cast<uint64_t>(n);
  return NaiveFib(n - 1) + NaiveFib(n - 2);
}

std::string FindFibError(const FibTerms& even, const FibTerms& odd) {
  const auto term = [&](int n) {
    const FibTerms& half = n % 2 == 0 ? even : odd;
    return half.terms[static_cast<size_t>(n / 2)];
  };
  const auto differs = [](int n, uint64_t is, uint64_t should_be) {
    return absl::StrCat("fib(", n, ") is ", is, ", should be ", should_be);
  };
  if (term(0) != 0) return differs(0, term(0), 0);
  if (term(1) != 1) return differs(1, term(1), 1);
  for (int n = 2; n <= kLastFib; ++n) {
    const uint64_t should_be = term(n - 1) + term(n - 2);
    if (term(n) != should_be) return differs(n, term(n), should_be);
  }
  if (term(kKnownFib) != kKnownFibValue) {
    return differs(kKnownFib, term(kKnownFib), kKnownFibValue);
  }
  return "";
}

}  // namespace jiffy::examples
