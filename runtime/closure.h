// Operations on a thread's callable whose type is erased: moving it to its
// final place, calling it, destroying it.
#ifndef JIFFY_RUNTIME_CLOSURE_H_
#define JIFFY_RUNTIME_CLOSURE_H_

#include <cstddef>

namespace jiffy::internal {

struct ClosureOps {
  size_t size;
  size_t alignment;
  // Moves the callable from `source` to `memory`; may throw.
  void (*construct)(void* memory, void* source);
  // Calls it and destroys it, whether or not it throws.
  void (*run)(void* closure);
  // Destroys it uncalled.
  void (*destroy)(void* closure);
  // Whether it takes the thread's stop token.
  bool wants_stop;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CLOSURE_H_
