// Compiled with debugging information always, for tools/jiffy-gdb.py: from the
// one variable here it gets to all threads, by the names of the fields.
#include "runtime/core/current_worker.h"
#include "runtime/core/worker.h"

namespace jiffy::internal {

constinit Worker* volatile live_worker = nullptr;

}  // namespace jiffy::internal
