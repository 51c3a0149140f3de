// One workload under one policy, and all that is made of it.
#ifndef JIFFY_TOOLS_LAB_RUN_H_
#define JIFFY_TOOLS_LAB_RUN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sched/sim/workload.h"
#include "tools/lab/options.h"
#include "tools/page/page.h"
#include "trace/output_file.h"

namespace jiffy::lab {

// How the report is to look.
struct Screen {
  int width = 100;
  bool colors = false;
};

// Simulates `workload` under `policy`, or runs it live, writes the files that
// the options name and, unless one of them is standard output, the report to
// `report`. Adds the run to `page` if there is one. Writes no file if anything
// fails. What the user should know is added to `notes`.
absl::Status RunOnce(const sched::sim::Workload& workload,
                     const std::string& file, const std::string& policy,
                     const Options& options, const Screen& screen,
                     trace::OutputFile& report, page::Page* page,
                     std::vector<std::string>& notes);

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_RUN_H_
