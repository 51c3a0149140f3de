#include "runtime/core/machine.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "runtime/core/stack_use.h"
#include "runtime/core/worker.h"
#include "runtime/stats.h"
#include "signals/race.h"
#include "signals/tick.h"

namespace jiffy::internal {

Machine::~Machine() {
  // One by one, not recursively: each record owns the one before.
  std::unique_ptr<FullestStack> fullest(fullest_stack_);
  while (fullest != nullptr) fullest = std::move(fullest->before);
}

RuntimeStats Machine::Stats() const {
  RuntimeStats stats;
  worker->AddStats(stats);
  stats.threads = next_id - 1;
  stats.live_threads = live;
  stats.most_threads = most_live;
  const int64_t took_ns = wall_ns;
  stats.wall_time = absl::Nanoseconds(
      took_ns != 0 ? took_ns : signals::MonotonicNs() - start_ns);
  if (const FullestStack* fullest = fullest_stack_; fullest != nullptr) {
    signals::Acquired(fullest);
    stats.fullest_stack = {.thread = fullest->thread.text,
                           .id = fullest->id,
                           .used = fullest->used,
                           .size = fullest->size};
  }
  return stats;
}

}  // namespace jiffy::internal
