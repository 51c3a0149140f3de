// When a worker's free stacks give their memory back to the kernel.
//
// After a spike of threads, or of deep ones, it would stay until the run ends.
// A slot that was free for a whole period is trimmed, in the idle context and
// in short pieces: when nothing is runnable, or, on a worker that is always
// busy, when a tick lends the CPU for one. Nothing of this is on the way of
// spawning, and a slot that is used again soon keeps its memory.
#ifndef JIFFY_RUNTIME_CORE_SLOT_TRIM_H_
#define JIFFY_RUNTIME_CORE_SLOT_TRIM_H_

#include <algorithm>
#include <cstdint>
#include <utility>

#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"

namespace jiffy::internal {

// Times are in nanoseconds since the run began, as Worker::Now() has them:
// without stolen time.
class StackTrimmer {
 public:
  explicit StackTrimmer(int64_t every_ns)
      : every_ns_(std::min(every_ns, kLongestNs)), next_ns_(every_ns_) {}

  // Ages the pool's slots if that is due. Returns whether Trim has something to
  // do. Context: the worker, preemption off.
  bool Due(SlotPool& pool, int64_t now_ns) {
    if (now_ns < next_ns_) [[likely]] {
      return false;
    }
    if (!pool.has_cold()) pool.Age();
    if (!pool.has_cold()) next_ns_ = now_ns + every_ns_;
    return pool.has_cold();
  }
  // Trims for one piece of time. Context: the idle context.
  void Trim(SlotPool& pool, int64_t now_ns);
  // When an idle worker has to look.
  int64_t next_ns() const { return next_ns_; }

  // Keeps who goes on when a piece is done for which a tick took the CPU.
  void Borrow(Task* from) { lender_ = from; }
  Task* GiveBack() { return std::exchange(lender_, nullptr); }
  bool has_borrowed() const { return lender_ != nullptr; }

 private:
  // Some years, which can be added to any time.
  static constexpr int64_t kLongestNs = INT64_MAX / 4;

  const int64_t every_ns_;
  int64_t next_ns_;
  Task* lender_ = nullptr;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_SLOT_TRIM_H_
