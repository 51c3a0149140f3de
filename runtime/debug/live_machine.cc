// Compiled with debugging information always, for tools/jiffy-gdb.py: from the
// one variable here it gets to all threads, by the names of the fields.
#include "runtime/core/machine.h"
#include "runtime/core/worker.h"

namespace jiffy::internal {

constinit Machine* volatile live_machine = nullptr;

}  // namespace jiffy::internal
