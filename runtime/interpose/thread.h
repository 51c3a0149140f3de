// Green threads as libc's functions name them.
#ifndef JIFFY_RUNTIME_INTERPOSE_THREAD_H_
#define JIFFY_RUNTIME_INTERPOSE_THREAD_H_

#include <pthread.h>

#include "arch/context.h"
#include "runtime/core/task.h"
#include "runtime/libc/thread_block.h"
#include "signals/preempt.h"

namespace jiffy::interpose {

// The thread block of a thread, whose address is what libc calls it by.
inline char* ThreadBlockOf(pthread_t thread) {
  return arch::ThreadPointer() + (thread - pthread_self());
}

// Returns the green thread that has that thread block, or nullptr if it is an
// OS thread's. Context: anywhere; the thread has not ended.
inline internal::Task* GreenThreadOf(pthread_t thread) {
  auto* frame = static_cast<signals::TaskFrame*>(
      internal::InLibcThread(ThreadBlockOf(thread), &signals::task_frame));
  internal::Task* task = internal::TaskOf(frame->head.current);
  return task == &frame->head && task->completion != nullptr ? task : nullptr;
}

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_THREAD_H_
