// The run under way in this process. There is one at a time, since the tick's
// signal is the process's.
#ifndef JIFFY_RUNTIME_MACHINE_CURRENT_RUN_H_
#define JIFFY_RUNTIME_MACHINE_CURRENT_RUN_H_

#include "runtime/machine/machine_view.h"

namespace jiffy::internal {

// Makes the calling OS thread the one that runs. Returns false if there is a
// run under way.
bool BeginRun();
void EndRun();

// Shows the run under way to other threads.
extern MachineView current_run;

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_MACHINE_CURRENT_RUN_H_
