// Why each task was chosen, in words.
#ifndef JIFFY_TOOLS_LAB_EXPLAIN_H_
#define JIFFY_TOOLS_LAB_EXPLAIN_H_

#include <string>

#include "sched/sim/trace.h"
#include "trace/output_file.h"

namespace jiffy::lab {

// For each decision: why it was due, how the policy chooses, and what it says
// of each candidate. The chosen one is marked with ">"; where the choice itself
// changed what the policy says of a task, both are shown.
//
//     30.000 ms  cpu 0  C-2 blocked; takes the largest counter
//                 > B-1   counter 15, priority 15
//                   A-0   counter 15, priority 15
class Explanation final : public sched::sim::TraceSink {
 public:
  explicit Explanation(trace::OutputFile& file) : file_(file) {}

  bool WantsDecisions() const override { return true; }
  void OnDecision(const sched::sim::Decision& decision) override;

 private:
  trace::OutputFile& file_;
};

// Returns why a decision was due: "C-2 blocked".
std::string DescribeCause(const sched::sim::Decision& decision);

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_EXPLAIN_H_
