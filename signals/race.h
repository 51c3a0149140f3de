// What a race detector is told of order between threads. Without one
// (ThreadSanitizer; ./jiffy test --config tsan) all of this is empty.
//
// The runtime's own code is compiled without instrumentation, so that a signal
// handler may run it anywhere. The detector sees neither its accesses to memory
// nor its atomic operations, and is told here what they order.
#ifndef JIFFY_SIGNALS_RACE_H_
#define JIFFY_SIGNALS_RACE_H_

#if defined(JIFFY_TSAN)
#include <sanitizer/tsan_interface.h>

extern "C" {
// Part of the interface for compiled code, which no header declares.
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}

// For functions of headers that a program's own, instrumented code calls.
#define JIFFY_UNINSTRUMENTED __attribute__((no_sanitize("thread")))
#else
#define JIFFY_UNINSTRUMENTED
#endif

namespace jiffy::signals {

// What comes before Released() in one thread is before what comes after a later
// Acquired() of the same object in another.
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

// Between these two, which nest, the detector does not look at what the calling
// thread reads and writes: it is the runtime's.
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

// What the stretches are for which a program keeps preemption off itself: with
// one worker they exclude each other. Context: preemption off.
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
