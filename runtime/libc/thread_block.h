// The libc thread block: what makes a green thread a thread to libc.
//
// glibc keeps all it knows of a thread (errno, malloc's cache, exception
// globals, thread_local objects, lock ownership) in one block that the thread
// pointer points into: static TLS below, struct pthread from the pointer up, or
// on other machines than x86 struct pthread below and static TLS above. A
// green thread that owns such a block may be preempted at any instruction.
//
// Nothing about glibc's private layout is compiled in. DiscoverLibcThreads()
// finds every offset at start-up (in the tables glibc exports for debuggers, or
// by looking at a probe thread) and checks each; where one fails, the runtime
// falls back to sharing the OS thread's block.
#ifndef JIFFY_RUNTIME_LIBC_THREAD_BLOCK_H_
#define JIFFY_RUNTIME_LIBC_THREAD_BLOCK_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace jiffy::internal {

// The sizes that a slot needs to know; valid after DiscoverLibcThreads().
struct LibcThreadSize {
  // Bytes of the block below the thread pointer and above it. Static TLS, on
  // one side, includes the room that ld.so keeps for libraries opened later, if
  // that was settled so.
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
// are opened later; the first call in the process decides. Without, ld.so is
// told that the room is taken. Errors: FailedPrecondition if it is wanted, and
// was decided against. DiscoverLibcThreads() must have succeeded. Context: OS
// thread, nothing running.
absl::Status SettleLateStaticTls(bool wanted);

// Returns the sizes. To be called when the above is settled.
const LibcThreadSize& GetLibcThreadSize();

// Makes zeroed memory around `thread_pointer` a thread block, for a thread
// whose stack is the given one. Takes libc locks: preemption must be on.
// Errors: ResourceExhausted.
absl::Status CreateLibcThread(char* thread_pointer, char* stack, size_t size);

// Returns the address of `frame`, a thread_local object of the caller's, in
// the block at `thread_pointer`.
void* InLibcThread(char* thread_pointer, const void* frame);

// Gives a used block a new id (libc/thread_id.h) and its TLS its initial
// contents again, but for libc's own, which stays (malloc's cache would leak),
// and for jiffy's control block: as they are with the libraries that the last
// template knew. Context: the run's worker, preemption off; also the handler.
void ResetLibcThread(char* thread_pointer);

// Sees to libraries that were loaded since that template was made; to be called
// by the block's thread right after ResetLibcThread, before anything of the
// program's runs in it, if there may be some (TlsTemplateMayBeOld). Context:
// preemption off; it is on for a while, and locks of ld.so's are taken.
// Switches: maybe.
void RefreshLibcThread();

// Returns what libc takes for the thread's id: the owner that it notes in a
// mutex. 0 if thread blocks cannot be made here. Context: anywhere.
int LibcThreadId(const char* thread_pointer);

// Returns a number that changes when ld.so gives the thread TLS of a library
// that was opened later.
uintptr_t LibcThreadGeneration(char* thread_pointer);

// What keeps libc right around a fork by a green thread. Of the caller's block,
// fork makes the block of the child's only OS thread, and takes the stack of
// the OS thread that the worker is for one that it can use again.
// `os_block` is that OS thread's. Context: the forking thread, in fork's
// handlers. Switches (before): if ld.so's lock is held.
void BeforeFork(char* os_block);
void AfterForkInParent(char* os_block);
void AfterForkInChild(char* os_block);
// Forgets forks that were under way in another OS thread. Context: the child of
// a fork.
void ForgetForksAfterFork();

// First and last act of a green thread in its own block. `generation` is that
// of the block when it was created. Ending runs the
// destructors of thread_local objects and of pthread keys, and undoes what the
// thread changed of libc's own state (locale, cancellation). Context: the
// thread itself, preemption on (beginning: or off). Switches: maybe.
void BeginLibcThread();
void EndLibcThread(uintptr_t generation);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_THREAD_BLOCK_H_
