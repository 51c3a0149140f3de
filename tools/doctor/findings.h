// Findings about this machine: which features of jiffy work here.
#ifndef JIFFY_TOOLS_DOCTOR_FINDINGS_H_
#define JIFFY_TOOLS_DOCTOR_FINDINGS_H_

#include <string>
#include <vector>

namespace jiffy::doctor {

struct Finding {
  // A word or two: "timers".
  std::string subject;
  // The property that the machine reports, or that was observed.
  std::string fact;
  // How jiffy behaves because of it.
  std::string consequence;
  // How to mend it; empty if nothing is wrong.
  std::string cure;
};

// Looks at the machine, and runs green threads for some tenths of a second.
// Context: an OS thread, outside of a run.
std::vector<Finding> ExamineMachine();

}  // namespace jiffy::doctor

#endif  // JIFFY_TOOLS_DOCTOR_FINDINGS_H_
