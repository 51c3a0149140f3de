// What the TLS of a thread holds when it begins: the initial image of every
// module's thread_local objects.
//
// A thread block is initialised by ld.so once, when it is made. Each further
// thread that lives in it starts from a copy of the template here, which is
// made anew whenever a library was loaded.
//
// Context of all functions: as said there. Only one run exists at a time and
// only its worker copies, so with preemption off nobody makes a new template
// meanwhile.
#ifndef JIFFY_RUNTIME_TLS_TEMPLATE_H_
#define JIFFY_RUNTIME_TLS_TEMPLATE_H_

#include "runtime/libc_thread.h"
#include "runtime/libc_thread_layout.h"

namespace jiffy::internal {

// Makes the first template. Returns false if there is no memory. Context: OS
// thread, nothing running.
bool InitTlsTemplate(const LibcLayout& layout, const LibcThreadSize& sizes);

// Gives the static TLS of a block that no thread lives in its initial contents,
// but for libc's own and jiffy's control block: those of when the template was
// made. Context: the run's worker, preemption off; also the handler.
void CopyTlsTemplate(char* thread_pointer);

// Makes a new template if libraries were loaded since; returns whether it did.
// Takes libc locks then. Context: the run's worker, preemption on.
bool RenewTlsTemplate();

// Whether there ever were modules without a place in the static block: ld.so
// gives each thread their TLS when it first asks for it.
bool HasDynamicTls();

// Re-initialises, in the calling thread, the TLS of those.
void ResetDynamicTls();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_TLS_TEMPLATE_H_
