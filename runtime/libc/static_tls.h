// How large the TLS part of a thread block is.
//
// ld.so keeps room in each for libraries that are opened later and whose
// thread_local variables need a fixed place in every thread (initial-exec).
// Few programs open any, and without that room a waiting thread fits into one
// page of memory.
#ifndef JIFFY_RUNTIME_LIBC_STATIC_TLS_H_
#define JIFFY_RUNTIME_LIBC_STATIC_TLS_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "runtime/libc/layout.h"

namespace jiffy::internal {

// Returns the bytes of TLS that a thread block needs. Without room for later
// libraries, ld.so is told that it is taken, so that it refuses them. The first
// call in the process decides, and room is kept where ld.so's count of it is
// not recognised. Errors: FailedPrecondition if `late` is wanted, and was
// decided against. Context: OS thread, nothing running.
absl::StatusOr<size_t> SettleStaticTls(const LibcLayout& layout, bool late);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_STATIC_TLS_H_
