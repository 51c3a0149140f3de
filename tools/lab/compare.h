// A simulated and a live run of the same workload, side by side.
#ifndef JIFFY_TOOLS_LAB_COMPARE_H_
#define JIFFY_TOOLS_LAB_COMPARE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sched/sim/metrics.h"
#include "sched/sim/workload.h"
#include "tools/lab/options.h"
#include "tools/page/page.h"
#include "trace/output_file.h"

namespace jiffy::lab {

// Simulates `workload` under `policy`, runs it live, and writes what came of
// both to `report`, unless an output is standard output. Adds both runs to
// `page` if there is one. What the user should know is added to `notes`.
absl::Status Compare(const sched::sim::Workload& workload,
                     const std::string& file, const std::string& policy,
                     const Options& options, trace::OutputFile& report,
                     page::Page* page, std::vector<std::string>& notes);

// Returns the tables: of each task its share, its switches and its latencies,
// then the figures of the whole, each simulated, live, and live less simulated.
// Tasks are matched by name; one that only one of the runs had (a fork that did
// not come to be) has a dash for the other.
std::string ComparisonTables(const sched::sim::RunMetrics& simulated,
                             const sched::sim::RunMetrics& live);

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_COMPARE_H_
