// Everything a program needs: runs, threads, what threads wait on, and the
// policies by name.
#ifndef JIFFY_RUNTIME_JIFFY_H_
#define JIFFY_RUNTIME_JIFFY_H_

#include "runtime/options.h"                  // IWYU pragma: export
#include "runtime/prometheus.h"               // IWYU pragma: export
#include "runtime/runtime.h"                  // IWYU pragma: export
#include "runtime/stats.h"                    // IWYU pragma: export
#include "runtime/sync/barrier.h"             // IWYU pragma: export
#include "runtime/sync/channel.h"             // IWYU pragma: export
#include "runtime/sync/condition_variable.h"  // IWYU pragma: export
#include "runtime/sync/event.h"               // IWYU pragma: export
#include "runtime/sync/future.h"              // IWYU pragma: export
#include "runtime/sync/latch.h"               // IWYU pragma: export
#include "runtime/sync/mutex.h"               // IWYU pragma: export
#include "runtime/sync/once.h"                // IWYU pragma: export
#include "runtime/sync/select.h"              // IWYU pragma: export
#include "runtime/sync/semaphore.h"           // IWYU pragma: export
#include "runtime/sync/shared_mutex.h"        // IWYU pragma: export
#include "runtime/sync/sleep.h"               // IWYU pragma: export
#include "runtime/sync/timer.h"               // IWYU pragma: export
#include "runtime/sync/wait_group.h"          // IWYU pragma: export
#include "runtime/sync/wait_options.h"        // IWYU pragma: export
#include "runtime/thread.h"                   // IWYU pragma: export
#include "runtime/trace.h"                    // IWYU pragma: export
#include "runtime/version.h"                  // IWYU pragma: export

#endif  // JIFFY_RUNTIME_JIFFY_H_
