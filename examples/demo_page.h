// The demo's run as a web page, the one of ./jiffy lab --html.
#ifndef JIFFY_EXAMPLES_DEMO_PAGE_H_
#define JIFFY_EXAMPLES_DEMO_PAGE_H_

#include "examples/demo_run.h"
#include "tools/page/page.h"

namespace jiffy::examples {

// Returns what the page is to show: who was on the CPU when, and the figures of
// each task. Threads of the run that are no task of the demo's (the one that
// shows progress) come after the tasks. A trace of switches knows neither
// wake-ups nor why the policy chose whom. The demo's tasks never yield, so one
// that is runnable as it leaves the CPU was preempted.
page::FinishedRun MakePageRun(const DemoResult& result,
                              const page::Limits& limits);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_DEMO_PAGE_H_
