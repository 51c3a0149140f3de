// Fibonacci numbers as tasks of the demo.
#ifndef JIFFY_EXAMPLES_FIB_WORKLOAD_H_
#define JIFFY_EXAMPLES_FIB_WORKLOAD_H_

#include <atomic>
#include <string>

#include "examples/fib.h"
#include "examples/workload.h"

namespace jiffy::examples {

// Every other term: the quick way up to fib(93) or fib(92), and, to be busy,
// the first of them again by naive recursion.
class FibWorkload final : public Workload {
 public:
  // Takes the last index that is computed by naive recursion, from 0 to
  // kLastFib.
  FibWorkload(std::string name, Parity parity, int last_naive)
      : Workload(std::move(name)), parity_(parity), last_naive_(last_naive) {}

  // Sets the task that computes the other half, which Check holds this one's
  // against; without, it computes that half itself.
  void set_partner(const FibWorkload* partner) { partner_ = partner; }

  void Run() override;
  Verdict Check() const override;

 private:
  const Parity parity_;
  const int last_naive_;
  const FibWorkload* partner_ = nullptr;
  FibTerms terms_;
  std::string error_;
};

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_FIB_WORKLOAD_H_
