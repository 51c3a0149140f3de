// A small random number generator for policies that pick at random.
#ifndef JIFFY_SCHED_SPLITMIX64_H_
#define JIFFY_SCHED_SPLITMIX64_H_

#include <cstdint>

namespace jiffy::sched {

// SplitMix64: a counter and a mixing function. It has no bad seeds, a period of
// 2^64 and one word of state. Not for secrets. Unlike the standard's and
// Abseil's generators it is safe in signal handlers, and the same seed gives
// the same numbers on every machine.
//
// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
// Generators", OOPSLA 2014, with the mixing constants of S. Vigna's public
// domain splitmix64.c (2015).
class SplitMix64 {
 public:
  explicit constexpr SplitMix64(uint64_t seed) : state_(seed) {}

  // Returns the next 64 random bits.
  constexpr uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Returns a number below `bound` (>= 1), each equally likely.
  //
  // Source: D. Lemire, "Fast Random Integer Generation in an Interval", ACM
  // TOMACS 29(1), 2019: takes the high half of a product and rejects the few
  // products that would favour some numbers.
  constexpr uint32_t Below(uint32_t bound) {
    uint64_t product = (Next() >> 32) * bound;
    if (static_cast<uint32_t>(product) < bound) {
      const uint32_t excess = -bound % bound;  // 2^32 mod bound
      while (static_cast<uint32_t>(product) < excess) {
        product = (Next() >> 32) * bound;
      }
    }
    return static_cast<uint32_t>(product >> 32);
  }

 private:
  uint64_t state_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_SPLITMIX64_H_
