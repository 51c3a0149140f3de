// Time spent in the program's own code, for ticks to hit.
#ifndef JIFFY_TESTS_TORTURE_SPIN_H_
#define JIFFY_TESTS_TORTURE_SPIN_H_

#include <cstdint>

namespace jiffy::torture {

// Counts to `count`, at about a nanosecond each.
inline void Spin(uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    asm volatile("" : : : "memory");
  }
}

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_SPIN_H_
