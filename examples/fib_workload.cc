#include "examples/fib_workload.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "examples/fib.h"
#include "examples/workload.h"

namespace jiffy::examples {

void FibWorkload::Run() {
  terms_ = ComputeTerms(parity_);
  for (size_t k = 0; k < FibTerms::kCount; ++k) {
    const int n = terms_.IndexOf(k);
    if (n > last_naive_) break;
    const uint64_t naive = NaiveFib(n);
    if (naive != terms_.terms[k] && error_.empty()) {
      error_ = absl::StrCat("fib(", n, ") is ", terms_.terms[k],
                            ", but by naive recursion ", naive);
    }
  }
}

Verdict FibWorkload::Check() const {
  if (!error_.empty()) return {false, error_};
  const bool even = parity_ == Parity::kEven;
  const FibTerms others =
      partner_ != nullptr ? partner_->terms_
                          : ComputeTerms(even ? Parity::kOdd : Parity::kEven);
  const std::string error =
      even ? FindFibError(terms_, others) : FindFibError(others, terms_);
  if (!error.empty()) return {false, error};
  const int n = even ? kKnownFib : kKnownFib - 1;
  return {true, absl::StrCat("fib(", n,
                             ") = ", terms_.terms[static_cast<size_t>(n / 2)])};
}

}  // namespace jiffy::examples
