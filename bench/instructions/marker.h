// How the probe tells the stepper where counting begins and ends, and when it
// wants an interrupt: a breakpoint instruction, with a number.
#ifndef JIFFY_BENCH_INSTRUCTIONS_MARKER_H_
#define JIFFY_BENCH_INSTRUCTIONS_MARKER_H_

#include <cstddef>

namespace jiffy::bench {

// The sections to count, in this order, each of kRoundsCounted rounds.
inline constexpr const char* kSections[] = {"yield", "spawn_join",
                                            "lock_unlock", "preempt"};
inline constexpr size_t kSectionCount = sizeof kSections / sizeof *kSections;
inline constexpr int kRoundsCounted = 100;

// In place of a section: asks the stepper for the tick's signal, here and now.
inline constexpr size_t kInterrupt = 1000;

// Marks where a section begins, and where it ends. Without a stepper the first
// one ends the program.
inline void Mark(size_t section) {
  asm volatile("int3" : : "D"(section) : "memory");
}

}  // namespace jiffy::bench

#endif  // JIFFY_BENCH_INSTRUCTIONS_MARKER_H_
