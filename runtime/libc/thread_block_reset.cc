// Resets a libc thread block inside the interrupt handler, when a thread starts
// in a block that another has left. Preemption is off. Also defines the
// variables of layout.h, thread_id.h and tls_template.h that this needs.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "arch/context.h"
#include "runtime/libc/layout.h"
#include "runtime/libc/thread_block.h"
#include "runtime/libc/thread_id.h"
#include "runtime/libc/tls_template.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {

constinit LibcLayout libc_layout;
constinit LibcThreadSize libc_thread_size;
constinit int next_libc_id = kFirstLibcId;
constinit const std::vector<TlsPiece>* tls_pieces = nullptr;

#if defined(__SANITIZE_ADDRESS__)
namespace {

// Makes AddressSanitizer take the block's thread for the caller.
void LendSanitizerRecord(char* thread_pointer) {
  const ptrdiff_t record = libc_layout.specific -
                           static_cast<ptrdiff_t>((kPthreadKeysFirstLevel -
                                                   libc_layout.sanitizer_key) *
                                                  kPthreadKeyDataSize);
  memcpy(thread_pointer + record, arch::ThreadPointer() + record,
         kPthreadKeyDataSize);
}

}  // namespace
#endif

void ResetLibcThread(char* thread_pointer) {
  signals::ReuseMemory(
      reinterpret_cast<uintptr_t>(thread_pointer) - libc_thread_size.below,
      libc_thread_size.below + libc_thread_size.above);
  CopyTlsTemplate(thread_pointer);
  RenewLibcId(thread_pointer, libc_layout.tid);
#if defined(__SANITIZE_ADDRESS__)
  LendSanitizerRecord(thread_pointer);
#endif
}

int LibcThreadId(const char* thread_pointer) {
  if (libc_layout.tid == kNoOffset) return 0;
  int id;
  memcpy(&id, thread_pointer + libc_layout.tid, sizeof id);
  return id;
}

}  // namespace jiffy::internal
