// Fibonacci numbers as tasks of the demo.
#ifndef JIFFY_EXAMPLES_FIB_WORKLOAD_H_
#define JIFFY_EXAMPLES_FIB_WORKLOAD_H_

#include <atomic>
#include <string>

#include "examples/fib.h"
#include "examples/workload.h"

namespace jiffy::examples {

// Computes every other term: quickly up to fib(93) or fib(92), and then, to
// keep the CPU busy, the first of them again by naive recursion.
class FibWorkload final : public Workload {
 public:
  // `last_naive` is the last index to compute by naive recursion, from 0 to
  // kLastFib.
  FibWorkload(std::string name, Parity parity, int last_naive)
      : Workload(std::move(name)), parity_(parity), last_naive_(last_naive) {}

  // Sets the task that computes the other half, which Check compares this half
  // with. Without a partner, Check computes the other half itself.
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
