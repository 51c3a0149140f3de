// The libc thread block: makes a green thread a thread to libc.
//
// glibc keeps all data of a thread (errno, malloc's cache, exception globals,
// thread_local objects, lock ownership) in one block that the thread pointer
// points into. On x86 static TLS lies below the pointer and struct pthread
// above; on other machines struct pthread lies below and static TLS above. A
// green thread that owns such a block may be preempted at any instruction.
//
// Nothing about glibc's private layout is compiled in. DiscoverLibcThreads()
// finds every offset at start-up (in the tables glibc exports for debuggers, or
// by looking at a probe thread) and checks each. If a check fails, the runtime
// falls back to sharing the OS thread's block.
#ifndef JIFFY_RUNTIME_LIBC_THREAD_BLOCK_H_
#define JIFFY_RUNTIME_LIBC_THREAD_BLOCK_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace jiffy::internal {

// The sizes that a slot needs to know; valid after DiscoverLibcThreads().
struct LibcThreadSize {
  // Bytes of the block below the thread pointer and above it. The side with
  // static TLS includes ld.so's room for libraries opened later, if
  // SettleLateStaticTls() kept it.
  size_t below = 0;
  size_t above = 0;
  size_t alignment = 64;
};

// Finds out how to make thread blocks; the first call does the work. Errors:
// Unimplemented or FailedPrecondition says what is missing here. Starts and
// joins one OS thread, which also makes libc take its locks from then on.
// Context: OS thread, nothing running.
absl::Status DiscoverLibcThreads();

// Settles whether thread blocks have room for the static TLS of libraries that
// are opened later; the first call in the process decides. Without the room,
// ld.so is told that it is taken. Errors: FailedPrecondition if `wanted` is
// true, but the first call decided against it. DiscoverLibcThreads() must have
// succeeded. Context: OS thread, nothing running.
absl::Status SettleLateStaticTls(bool wanted);

// Returns the sizes. Call it only after SettleLateStaticTls().
const LibcThreadSize& GetLibcThreadSize();

// Turns zeroed memory around `thread_pointer` into a thread block, for a thread
// on the given stack. Takes libc locks: preemption must be on. Errors:
// ResourceExhausted.
absl::Status CreateLibcThread(char* thread_pointer, char* stack, size_t size);

// Returns the address of `frame`, a thread_local object of the caller, in the
// block at `thread_pointer`.
void* InLibcThread(char* thread_pointer, const void* frame);

// Gives a used block a new id (libc/thread_id.h) and resets its TLS to the last
// template, which knows the libraries of its time. Keeps libc's own TLS
// (malloc's cache would leak) and jiffy's control block. Context: the run's
// worker, preemption off; also the handler.
void ResetLibcThread(char* thread_pointer);

// Initialises the TLS of libraries loaded since that template was made. If
// there may be some (TlsTemplateMayBeOld), the block's thread calls this right
// after ResetLibcThread, before any code of the program runs in it. Context:
// preemption off; turns it on for a while, and takes locks of ld.so. Switches:
// maybe.
void RefreshLibcThread();

// Returns libc's id of the thread, which libc stores as the owner of a mutex. 0
// if thread blocks cannot be made here. Context: anywhere.
int LibcThreadId(const char* thread_pointer);

// Returns a number that changes when ld.so gives the thread TLS of a library
// that was opened later.
uintptr_t LibcThreadGeneration(char* thread_pointer);

// Keep libc correct around a fork by a green thread. fork makes the caller's
// block the block of the child's only OS thread, and treats the stack of the
// worker's OS thread as free for reuse. `os_block` is the block of that OS
// thread. Context: the forking thread, in fork's handlers. Switches
// (BeforeFork): if ld.so's lock is held.
void BeforeFork(char* os_block);
void AfterForkInParent(char* os_block);
void AfterForkInChild(char* os_block);
// Forgets forks that were under way in another OS thread. Context: the child of
// a fork.
void ForgetForksAfterFork();

// The first and the last call of a green thread in its own block. `generation`
// is that of the block when it was created. EndLibcThread runs the destructors
// of thread_local objects and of pthread keys, and undoes the thread's changes
// to libc's own state (locale, cancellation). Context: the thread itself,
// preemption on (BeginLibcThread: or off). Switches: maybe.
void BeginLibcThread();
void EndLibcThread(uintptr_t generation);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_THREAD_BLOCK_H_
