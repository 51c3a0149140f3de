// Checks whether green threads can run in this program.
#ifndef JIFFY_RUNTIME_LIBC_PROGRAM_CHECK_H_
#define JIFFY_RUNTIME_LIBC_PROGRAM_CHECK_H_

#include "absl/status/status.h"

namespace jiffy::internal {

// Errors: FailedPrecondition if the program has a sanitizer for which jiffy was
// not built; or if `preempt` is true and libc is linked statically, since
// libc's code then cannot be distinguished from the program's. Takes locks of
// ld.so. Context: no handler.
absl::Status CheckProgram(bool preempt);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_PROGRAM_CHECK_H_
