// Where libc's, ld.so's and the program's own code lie: the handler decides by
// the interrupted PC whether this is a place to preempt.
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
  // The kernel's own code in the program, by which libc makes system calls on
  // some machines (i386).
  TextRange vdso;
  TextRange loader;
  TextRange program;
};

// Looks the ranges up. Takes the loader's lock: call it before the first tick.
// A range that is not there (a static binary has no libc of its own) is empty.
TextRanges FindTextRanges();

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_TEXT_RANGES_H_
