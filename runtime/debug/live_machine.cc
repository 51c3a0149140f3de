// Always compiled with debug information, for tools/jiffy-gdb.py: from this
// variable it reaches all threads by the names of the fields.
#include "runtime/core/machine.h"
#include "runtime/core/worker.h"

namespace jiffy::internal {

constinit Machine* volatile live_machine = nullptr;

}  // namespace jiffy::internal
