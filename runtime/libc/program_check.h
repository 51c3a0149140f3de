// Whether green threads can run in this program at all.
#ifndef JIFFY_RUNTIME_LIBC_PROGRAM_CHECK_H_
#define JIFFY_RUNTIME_LIBC_PROGRAM_CHECK_H_

#include "absl/status/status.h"

namespace jiffy::internal {

// Errors: FailedPrecondition if a sanitizer is in the program that jiffy itself
// was not built for; if threads are to be preempted and libc is linked
// statically, so that libc's code cannot be told from the program's. Takes
// locks of ld.so's. Context: no handler.
absl::Status CheckProgram(bool preempt);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_PROGRAM_CHECK_H_
