// The figures of a run as a table.
#ifndef JIFFY_TOOLS_LAB_FIGURES_H_
#define JIFFY_TOOLS_LAB_FIGURES_H_

#include <string>

#include "sched/sim/metrics.h"

namespace jiffy::lab {

// A line a task, and two for the whole run.
std::string FiguresTable(const sched::sim::RunMetrics& metrics);

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_FIGURES_H_
