// Tells a race detector how threads are ordered. Without a detector
// (ThreadSanitizer; ./jiffy test --config tsan) all functions are empty.
//
// The runtime is compiled without instrumentation, so that a signal handler may
// run its code anywhere. The detector sees neither its memory accesses nor its
// atomic operations; these functions report the order that they establish.
#ifndef JIFFY_SIGNALS_RACE_H_
#define JIFFY_SIGNALS_RACE_H_

#if defined(JIFFY_TSAN)
#include <sanitizer/tsan_interface.h>

extern "C" {
// Part of the interface for compiled code; no header declares these.
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}

// For functions in headers that the program's instrumented code calls.
#define JIFFY_UNINSTRUMENTED __attribute__((no_sanitize("thread")))
#else
#define JIFFY_UNINSTRUMENTED
#endif

namespace jiffy::signals {

// Everything before Released() in one thread happens before everything after a
// later Acquired() of the same object in another.
inline void Acquired([[maybe_unused]] const void* object) {
#if defined(JIFFY_TSAN)
  __tsan_acquire(const_cast<void*>(object));
#endif
}
inline void Released([[maybe_unused]] const void* object) {
#if defined(JIFFY_TSAN)
  __tsan_release(const_cast<void*>(object));
#endif
}

// Between these two calls, which nest, the detector ignores the calling
// thread's memory accesses: they are the runtime's.
inline void BeginUnseen() {
#if defined(JIFFY_TSAN)
  __tsan_ignore_thread_begin();
#endif
}
inline void EndUnseen() {
#if defined(JIFFY_TSAN)
  __tsan_ignore_thread_end();
#endif
}

// Mark a section in which the program keeps preemption off: with one worker
// such sections exclude each other. Context: preemption off.
#if defined(JIFFY_TSAN)
inline char exclusive;
#endif
inline void BeginExclusive() {
#if defined(JIFFY_TSAN)
  EndUnseen();
  Acquired(&exclusive);
#endif
}
inline void EndExclusive() {
#if defined(JIFFY_TSAN)
  Released(&exclusive);
  BeginUnseen();
#endif
}

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_RACE_H_
