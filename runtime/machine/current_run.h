// The run under way in this process. There is one at a time, since the tick's
// signal is process-wide.
#ifndef JIFFY_RUNTIME_MACHINE_CURRENT_RUN_H_
#define JIFFY_RUNTIME_MACHINE_CURRENT_RUN_H_

#include "runtime/machine/machine_view.h"

namespace jiffy::internal {

// Begins a run on the calling OS thread. Returns false if a run is under way.
bool BeginRun();
void EndRun();

// Shows the run under way to other threads.
extern MachineView current_run;

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_MACHINE_CURRENT_RUN_H_
