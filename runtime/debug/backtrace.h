// The backtrace of a thread that does not run, for a dump. Async-signal-safe.
#ifndef JIFFY_RUNTIME_DEBUG_BACKTRACE_H_
#define JIFFY_RUNTIME_DEBUG_BACKTRACE_H_

#include <cstdint>

#include "signals/text_buffer.h"

namespace jiffy::internal {

using DumpWriter = signals::TextBuffer<4096>;

// A function that waits for another to return, or was interrupted.
struct Frame {
  uintptr_t pc = 0;
  // Whether a signal interrupted it at `pc`; else it made a call that returns
  // to `pc`.
  bool interrupted = false;
};

struct Backtrace {
  static constexpr int kMaxFrames = 64;

  // Bounds of the stack.
  uintptr_t low = 0;
  uintptr_t high = 0;
  // The thread's stack pointer; nullptr for the caller itself.
  const void* sp = nullptr;

  Frame frames[kMaxFrames];
  int count = 0;
  uintptr_t last_sp = 0;
  bool complete = false;
  bool corrupt = false;
};

// Unwinds from the bounds and `sp` of `trace`, a Backtrace. Faults if the stack
// is corrupt in ways that the bounds do not reveal: call it under a guard.
void Unwind(void* trace);

// Writes the frames without the runtime's own at both ends.
void WriteFrames(DumpWriter& out, const Backtrace& trace);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_BACKTRACE_H_
