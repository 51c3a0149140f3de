// Stacks that a test allocates itself: registers them with valgrind (./jiffy
// test --config valgrind; signals/valgrind.h says why). Empty elsewhere.
#ifndef JIFFY_TESTS_ARCH_KNOWN_STACK_H_
#define JIFFY_TESTS_ARCH_KNOWN_STACK_H_

#include <cstddef>

#if defined(JIFFY_VALGRIND)
#include <valgrind/memcheck.h>
#endif

namespace jiffy {

#if defined(JIFFY_VALGRIND)

// Registers memory as a stack while in scope.
class KnownStack {
 public:
  KnownStack(char* low, size_t size)
      : low_(low),
        size_(size),
        // Includes its end, where the stack pointer of an empty stack is.
        id_(VALGRIND_STACK_REGISTER(low, low + size)) {}
  ~KnownStack() { VALGRIND_STACK_DEREGISTER(id_); }
  KnownStack(const KnownStack&) = delete;
  KnownStack& operator=(const KnownStack&) = delete;

  // Makes the memory writable again, whatever ran on it before.
  void Reuse() const { (void)VALGRIND_MAKE_MEM_UNDEFINED(low_, size_); }

 private:
  char* const low_;
  const size_t size_;
  const unsigned id_;
};

#else

struct KnownStack {
  KnownStack(char*, size_t) {}
  void Reuse() const {}
};

#endif

}  // namespace jiffy

#endif  // JIFFY_TESTS_ARCH_KNOWN_STACK_H_
