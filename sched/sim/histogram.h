// Computes quantiles of any number of durations in a fixed amount of memory.
#ifndef JIFFY_SCHED_SIM_HISTOGRAM_H_
#define JIFFY_SCHED_SIM_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace jiffy::sched::sim {

// Counts values in buckets whose width grows with the value, like HDR
// histograms: each power of two is cut into 32. A bucket stores its largest
// value, which represents all its values. So Quantile() returns a value that
// did occur, never too small, and too large by less than a thirty-second (3.2
// %); below 64 it is exact. Size: 8.5 KiB.
class Histogram {
 public:
  // Counts a value that is not negative.
  void Add(int64_t value) {
    const size_t number =
        std::min(Number(static_cast<uint64_t>(value)), kBuckets - 1);
    Bucket& bucket = buckets_[number];
    ++bucket.count;
    // Only a value in the last bucket can exceed the limit; max_ represents it.
    const int64_t above = std::min(value - First(number), kMostAbove);
    bucket.largest = std::max(bucket.largest, static_cast<uint32_t>(above));
    ++count_;
    max_ = std::max(max_, value);
  }

  uint64_t count() const { return count_; }
  // Returns the largest value, exactly; 0 if there is none.
  int64_t max() const { return max_; }

  // Returns the smallest value that at least `fraction` of all values do not
  // exceed (nearest rank), within the error above; 0 if there is none.
  int64_t Quantile(double fraction) const {
    if (count_ == 0) return 0;
    const double exact = fraction * static_cast<double>(count_);
    auto rank = static_cast<uint64_t>(exact);
    if (static_cast<double>(rank) < exact) ++rank;
    rank = std::clamp<uint64_t>(rank, 1, count_);
    uint64_t seen = 0;
    for (size_t number = 0; number + 1 < kBuckets; ++number) {
      seen += buckets_[number].count;
      if (seen >= rank) return First(number) + buckets_[number].largest;
    }
    return max_;
  }

  // Calls `visit(value, count)` for each bucket that is not empty, in ascending
  // order; `value` represents the bucket.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t number = 0; number < kBuckets; ++number) {
      const Bucket& bucket = buckets_[number];
      if (bucket.count == 0) continue;
      visit(number + 1 < kBuckets ? First(number) + bucket.largest : max_,
            uint64_t{bucket.count});
    }
  }

 private:
  static constexpr int kCutLog = 5;
  static constexpr uint64_t kCut = uint64_t{1} << kCutLog;
  // Up to 2^37 us, a day and a half; larger values are in the last bucket.
  static constexpr size_t kBuckets = (37 - kCutLog + 1) * kCut;
  static constexpr int64_t kMostAbove = UINT32_MAX;

  struct Bucket {
    uint32_t count = 0;
    // Largest value in the bucket, relative to the bucket's first value.
    uint32_t largest = 0;
  };

  // Buckets 0 to 31 hold one value each. Bucket 32 * e + m holds the values
  // with top six bits 1mmmmm, followed by e - 1 more bits.
  static size_t Number(uint64_t value) {
    if (value < kCut) return static_cast<size_t>(value);
    const int below = static_cast<int>(std::bit_width(value)) - 1 - kCutLog;
    return static_cast<size_t>(static_cast<uint64_t>(below + 1) * kCut +
                               (value >> below) - kCut);
  }

  // Returns the smallest value that belongs to a bucket.
  static int64_t First(size_t number) {
    if (number < kCut) return static_cast<int64_t>(number);
    return static_cast<int64_t>((number % kCut + kCut) << (number / kCut - 1));
  }

  std::array<Bucket, kBuckets> buckets_ = {};
  uint64_t count_ = 0;
  int64_t max_ = 0;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_HISTOGRAM_H_
