#include "runtime/core/slot_trim.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/libc/slot.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

// The bytes that the kernel frees in some 50 us.
constexpr size_t kMostAtOnce = size_t{1} << 20;
// A busy worker spends a fiftieth of its time: one piece each pause.
constexpr int64_t kPieceNs = 100'000;
constexpr int64_t kPauseNs = 5'000'000;

}  // namespace

// Trims a part of the first cold slot. Returns false if there is none.
bool SlotPool::TrimSome(Free& free) {
  Task* task = free.slots[kCold];
  if (task == nullptr) return false;
  if (partly_trimmed_.task != task) partly_trimmed_ = {task, 0};
  const StackPages pages(*task);
  size_t& done = partly_trimmed_.bytes;
  const size_t bytes = std::min(kMostAtOnce, pages.size - done);
  madvise(pages.low + done, bytes, MADV_DONTNEED);
  done += bytes;
  if (done < pages.size) return true;
  partly_trimmed_ = {};
  free.slots[kCold] = task->all_next;
  Push(&free.slots[kTrimmed], task);
  return true;
}

void SlotPool::Trim(int64_t until_ns) {
  for (Free& free : free_) {
    while (TrimSome(free)) {
      if (signals::MonotonicNs() >= until_ns) return;
    }
  }
  has_cold_ = false;
}

void StackTrimmer::Trim(SlotPool& pool, int64_t now_ns) {
  pool.Trim(signals::MonotonicNs() + kPieceNs);
  next_ns_ = now_ns + (pool.has_cold() ? kPauseNs : every_ns_);
}

}  // namespace jiffy::internal
