// Address ranges of the code of libc, ld.so and the program. With them the
// handler decides whether to preempt at the interrupted PC.
#ifndef JIFFY_SIGNALS_TEXT_RANGES_H_
#define JIFFY_SIGNALS_TEXT_RANGES_H_

#include <cstdint>

namespace jiffy::signals {

struct TextRange {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  bool Contains(uintptr_t pc) const { return pc >= begin && pc < end; }
};

struct TextRanges {
  TextRange libc;
  // The kernel's code mapped into the program; libc makes system calls through
  // it on some machines (i386).
  TextRange vdso;
  TextRange loader;
  TextRange program;
};

// Looks the ranges up. Takes the loader's lock: call it before the first tick.
// A missing range is empty (a static binary has no separate libc).
TextRanges FindTextRanges();

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_TEXT_RANGES_H_
