// Aborts the program when an invariant is broken.
#ifndef JIFFY_RUNTIME_CORE_PANIC_H_
#define JIFFY_RUNTIME_CORE_PANIC_H_

namespace jiffy::internal {

// Prints "jiffy: <what>" to standard error and aborts. Async-signal-safe.
[[noreturn]] void Panic(const char* what);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_PANIC_H_
