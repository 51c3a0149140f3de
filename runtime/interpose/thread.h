// Finds green threads by libc's names for them.
#ifndef JIFFY_RUNTIME_INTERPOSE_THREAD_H_
#define JIFFY_RUNTIME_INTERPOSE_THREAD_H_

#include <pthread.h>

#include "arch/context.h"
#include "runtime/core/task.h"
#include "runtime/libc/thread_block.h"
#include "signals/preempt.h"

namespace jiffy::interpose {

// Returns a thread's thread block; libc names the thread by the block's
// address.
inline char* ThreadBlockOf(pthread_t thread) {
  return arch::ThreadPointer() + (thread - pthread_self());
}

// Returns the green thread that has this thread block, or nullptr if the block
// is an OS thread's. Context: anywhere; the thread has not ended.
inline internal::Task* GreenThreadOf(pthread_t thread) {
  auto* frame = static_cast<signals::TaskFrame*>(
      internal::InLibcThread(ThreadBlockOf(thread), &signals::task_frame));
  internal::Task* task = internal::TaskOf(frame->head.current);
  return task == &frame->head && task->completion != nullptr ? task : nullptr;
}

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_THREAD_H_
