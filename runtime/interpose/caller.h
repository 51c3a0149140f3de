// Whether a waiting call parks a green thread or goes to libc.
#ifndef JIFFY_RUNTIME_INTERPOSE_CALLER_H_
#define JIFFY_RUNTIME_INTERPOSE_CALLER_H_

#include "signals/cpu.h"
#include "signals/preempt.h"

namespace jiffy::interpose {

// Whether the caller is a green thread that may be switched away from: neither
// the idle loop nor the runtime's own code, which holds guards of its own.
inline bool CallerIsGreen() {
  const signals::TaskHead& head = signals::task_frame.head;
  return head.cpu != nullptr && head.preempt_count == head.current->user_guards;
}

// Whether the caller is, in addition, a thread of its own to libc. Green
// threads that share the OS thread's block share one identity: libc would take
// one thread's lock for another's, so calls that depend on the identity go to
// libc.
inline bool CallerParks() {
  const signals::TaskHead& head = signals::task_frame.head;
  const signals::Cpu* cpu = head.cpu;
  return cpu != nullptr && !cpu->shared_tls &&
         head.preempt_count == head.user_guards;
}

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_CALLER_H_
