// The figures of a run as a table.
#ifndef JIFFY_TOOLS_LAB_FIGURES_H_
#define JIFFY_TOOLS_LAB_FIGURES_H_

#include <cstddef>
#include <string>

#include "sched/sim/metrics.h"

namespace jiffy::lab {

// A line a task, and two for the whole run.
// Of more than `most_tasks` tasks the table has only so many rows, of those
// with the most CPU time, and a line that counts the others; 0: all.
std::string FiguresTable(const sched::sim::RunMetrics& metrics,
                         size_t most_tasks = 0);

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_FIGURES_H_
