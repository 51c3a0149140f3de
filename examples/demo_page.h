// The demo's run as a web page, the same as that of ./jiffy lab --html.
#ifndef JIFFY_EXAMPLES_DEMO_PAGE_H_
#define JIFFY_EXAMPLES_DEMO_PAGE_H_

#include "examples/demo_run.h"
#include "tools/page/page.h"

namespace jiffy::examples {

// Returns the page's data: who was on the CPU when, and the metrics of each
// task. Threads of the run that are not tasks of the demo (the one that shows
// progress) come after the tasks. A trace of switches has neither wake-ups nor
// the reasons for the policy's choices. The demo's tasks never yield, so a task
// that leaves the CPU runnable was preempted.
page::FinishedRun MakePageRun(const DemoResult& result,
                              const page::Limits& limits);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_DEMO_PAGE_H_
