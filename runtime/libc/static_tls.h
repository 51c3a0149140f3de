// Settles the size of the TLS part of a thread block.
//
// ld.so keeps room in each block for libraries that are opened later and whose
// thread_local variables need a fixed place in every thread (initial-exec). Few
// programs open such libraries, and without the room a waiting thread fits into
// one page of memory.
#ifndef JIFFY_RUNTIME_LIBC_STATIC_TLS_H_
#define JIFFY_RUNTIME_LIBC_STATIC_TLS_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "runtime/libc/layout.h"

namespace jiffy::internal {

// Returns the bytes of TLS that a thread block needs. If `late` is false, tells
// ld.so that the room for later libraries is taken, so that it refuses them.
// The first call in the process decides. The room stays if ld.so's count of it
// is not recognised. Errors: FailedPrecondition if `late` is true, but the
// first call decided against it. Context: OS thread, nothing running.
absl::StatusOr<size_t> SettleStaticTls(const LibcLayout& layout, bool late);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_STATIC_TLS_H_
