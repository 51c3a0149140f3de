// The laws that ticks obey.
//
// 1. Each tick is charged once, to the thread that ran or to idling, unless it
//    was stolen:
//      jiffies = charged + idle + stolen.
// 2. Threads know what they were charged: charged = sum of their ticks. (Once
//    all have ended.)
// 3. None is lost and none invented: jiffies are the wall time in ticks.
//    One may be on its way, or wait for a guard to end; then it comes soon.
#ifndef JIFFY_TESTS_TORTURE_TICKS_H_
#define JIFFY_TESTS_TORTURE_TICKS_H_

#include "runtime/runtime.h"
#include "tests/torture/failures.h"
#include "tests/torture/tick_ledger.h"

namespace jiffy::torture {

// Checks 1 and 3. Context: green thread of the run, preemption on.
void ExpectTicksBalance(const Runtime& runtime, const TickAccount& account,
                        Failures& failures);

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_TICKS_H_
