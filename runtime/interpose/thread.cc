// libc's functions for a green thread: its end by pthread_exit and
// pthread_cancel, its stack, and waiting for an OS thread's end.
#include "runtime/interpose/thread.h"

#include <pthread.h>
#include <sched.h>

#include <cerrno>
#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/core/panic.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "runtime/interpose/address_park.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/native.h"
#include "runtime/interpose/sleep.h"
#include "runtime/libc/cleanup.h"
#include "runtime/machine/thread_body.h"
#include "signals/cpu.h"
#include "signals/preempt.h"

namespace jiffy::interpose {
namespace {

// Ends the cancellable part of a thread.
class Cancellable {
 public:
  explicit Cancellable(__pthread_unwind_buf_t* buffer) : buffer_(buffer) {}
  ~Cancellable() {
    // Code that runs from here on (destructors of thread_local objects) must
    // not be cancelled. (The runtime resets the state for the next thread.)
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
    __pthread_unregister_cancel(buffer_);
  }
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;

 private:
  __pthread_unwind_buf_t* const buffer_;
};

// Runs a thread's callable so that pthread_exit, or a cancellation, unwinds its
// stack up to here.
void RunBody(void (*run)(void* closure), void* closure) {
  if (signals::task_frame.head.cpu->shared_tls) {
    run(closure);
    return;
  }
  __pthread_unwind_buf_t buffer;
  const Cancellable cancellable(&buffer);
  auto* jump = reinterpret_cast<__jmp_buf_tag*>(
      static_cast<void*>(buffer.__cancel_jmp_buf));
  __pthread_register_cancel(&buffer);
  if (__sigsetjmp(jump, 0) == 0) run(closure);
}

__attribute__((constructor)) void SetThreadBody() {
  internal::thread_body = &RunBody;
}

// Whether the caller is a green thread without a thread block of its own.
bool CallerSharesItsBlock() { return CallerIsGreen() && !CallerParks(); }

// Waits for an OS thread's end by polling: nothing reports it.
int JoinGreen(pthread_t thread, void** result) {
  pthread_testcancel();
  Backoff backoff;
  for (;;) {
    const int error = pthread_tryjoin_np(thread, result);
    if (error != EBUSY) return error;
    SleepUntil(backoff.Next(internal::kNoDeadline));
  }
}

int AttributesOf(const internal::Task& task, pthread_attr_t* attributes) {
  if (const int error = pthread_attr_init(attributes); error != 0) {
    return error;
  }
  pthread_attr_setguardsize(
      attributes, static_cast<internal::Worker*>(task.cpu)->guard_size());
  if (task.completion->orphaned) {
    pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED);
  }
  // EINVAL if the stack is smaller than POSIX allows.
  return pthread_attr_setstack(attributes,
                               reinterpret_cast<void*>(task.stack_low),
                               task.stack_high - task.stack_low);
}

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::CallerParks;
using jiffy::interpose::GreenThreadOf;
using jiffy::interpose::Libc;

extern "C" {

void pthread_exit(void* result) {
  if (jiffy::interpose::CallerSharesItsBlock()) {
    jiffy::internal::Panic(
        "pthread_exit in a green thread that shares thread-local storage would "
        "end its worker: return from the thread's function instead");
  }
  Libc().exit(result);
  __builtin_unreachable();
}

int pthread_cancel(pthread_t thread) {
  if (jiffy::interpose::CallerSharesItsBlock() && thread == pthread_self()) {
    return ENOTSUP;
  }
  if (GreenThreadOf(thread) == nullptr) return Libc().cancel(thread);
  // libc notes the request in the thread's block, then fails to send a signal,
  // as the kernel does not know the thread.
  const int error = Libc().cancel(thread);
  if (error != 0 && error != ESRCH) return error;
  jiffy::interpose::EndCancellableWait(jiffy::interpose::ThreadBlockOf(thread));
  return 0;
}

int pthread_join(pthread_t thread, void** result) {
  if (!CallerParks() || thread == pthread_self()) {
    return Libc().join(thread, result);
  }
  // Green threads are joined by jiffy::Thread.
  if (GreenThreadOf(thread) != nullptr) return EINVAL;
  return jiffy::interpose::JoinGreen(thread, result);
}

int pthread_getattr_np(pthread_t thread, pthread_attr_t* attributes) noexcept {
  const jiffy::internal::Task* task = GreenThreadOf(thread);
  if (task == nullptr) return Libc().getattr_np(thread, attributes);
  return jiffy::interpose::AttributesOf(*task, attributes);
}

// Called by Abseil's mutexes. libc would ask the kernel, which does not know
// the thread; its real policy and priority are jiffy's.
int pthread_getschedparam(pthread_t thread, int* policy,
                          sched_param* parameters) noexcept {
  if (GreenThreadOf(thread) == nullptr) {
    return Libc().getschedparam(thread, policy, parameters);
  }
  *policy = SCHED_OTHER;
  *parameters = {};
  return 0;
}

}  // extern "C"
