// Decides when a worker's free stacks return their memory to the kernel.
//
// After a spike of threads or of deep stacks, the memory would otherwise stay
// until the run ends. A slot that was free for a whole period is trimmed in the
// idle context, in short pieces: when nothing is runnable, or, on a worker that
// is always busy, when a tick lends the CPU for one piece. This costs nothing
// on the spawn path, and a slot that is reused soon keeps its memory.
#ifndef JIFFY_RUNTIME_CORE_SLOT_TRIM_H_
#define JIFFY_RUNTIME_CORE_SLOT_TRIM_H_

#include <algorithm>
#include <cstdint>
#include <utility>

#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"

namespace jiffy::internal {

// Times are in nanoseconds since the run began, without stolen time, like
// Worker::Now().
class StackTrimmer {
 public:
  explicit StackTrimmer(int64_t every_ns)
      : every_ns_(std::min(every_ns, kLongestNs)), next_ns_(every_ns_) {}

  // Ages the pool's slots if due. Returns whether Trim has something to do.
  // Context: the worker, preemption off.
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
  // When an idle worker has to check for trimming.
  int64_t next_ns() const { return next_ns_; }

  // Remembers the task that resumes after a piece for which a tick took the
  // CPU.
  void Borrow(Task* from) { lender_ = from; }
  Task* GiveBack() { return std::exchange(lender_, nullptr); }
  bool has_borrowed() const { return lender_ != nullptr; }

 private:
  // Some years; can be added to any time without overflow.
  static constexpr int64_t kLongestNs = INT64_MAX / 4;

  const int64_t every_ns_;
  int64_t next_ns_;
  Task* lender_ = nullptr;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_SLOT_TRIM_H_
