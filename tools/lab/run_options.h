// The options of one run, made from the command line.
#ifndef JIFFY_TOOLS_LAB_RUN_OPTIONS_H_
#define JIFFY_TOOLS_LAB_RUN_OPTIONS_H_

#include <string>

#include "sched/sim/rules.h"
#include "tools/lab/options.h"

namespace jiffy::lab {

// Returns what a run under `policy`, simulated or live, is told. Of the
// parameters it gets those that the policy has. (What none of the policies has
// is refused before.)
sched::sim::SimOptions RunOptions(const std::string& policy,
                                  const Options& options);

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_RUN_OPTIONS_H_
