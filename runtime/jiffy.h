// All that a program needs: runs, threads, and the policies by name.
#ifndef JIFFY_RUNTIME_JIFFY_H_
#define JIFFY_RUNTIME_JIFFY_H_

#include "runtime/options.h"  // IWYU pragma: export
#include "runtime/runtime.h"  // IWYU pragma: export
#include "runtime/stats.h"    // IWYU pragma: export
#include "runtime/thread.h"   // IWYU pragma: export

#endif  // JIFFY_RUNTIME_JIFFY_H_
