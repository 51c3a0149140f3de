// The frame between a thread's first steps and its callable.
#ifndef JIFFY_RUNTIME_MACHINE_THREAD_BODY_H_
#define JIFFY_RUNTIME_MACHINE_THREAD_BODY_H_

namespace jiffy::internal {

// Calls a thread's callable; runtime/interpose puts a frame below it. Set this
// before the first run. `closure` is the callable's argument.
extern void (*thread_body)(void (*run)(void* closure), void* closure);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_MACHINE_THREAD_BODY_H_
