// Carries the events of a live run from the CPU to the sinks.
#ifndef JIFFY_TOOLS_LAB_LIVE_EVENT_RING_H_
#define JIFFY_TOOLS_LAB_LIVE_EVENT_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "sched/sim/trace.h"

namespace jiffy::lab {

// Something that happened. Threads are known by their index, counted from 0.
struct LiveEvent {
  static constexpr int32_t kNobody = -1;

  enum class Kind : uint8_t {
    kCreate,    // `thread` is of task `other`, fork `number` of it, or -1.
    kWakeup,    // `thread`, by `other` or kNobody.
    kBurstEnd,  // Of `thread`.
    kSwitch,    // From `thread` to `other`; kNobody is idle.
    kPhase,     // `thread` began phase `number`, which changes its parameters.
  };

  int64_t time_ns = 0;
  int32_t thread = kNobody;
  int32_t other = kNobody;
  int32_t number = 0;
  Kind kind = Kind::kCreate;
  sched::sim::Cause cause = sched::sim::Cause::kIdle;
  // Of kSwitch: R, S or X, as SwitchEvent has it.
  char state = 'R';
  // Of kCreate: whether it is runnable, rather than asleep at first.
  bool runnable = false;
};

// A queue from one thread to another without a lock: the writer is the CPU,
// also in its interrupt handler; the reader an OS thread.
class EventRing {
 public:
  // Room for what happens in a third of a second, however busy. 32 MiB, of
  // which a short run touches but little.
  static constexpr size_t kCapacity = size_t{1} << 20;

  // Adds an event, or if there is no room drops it. Async-signal-safe.
  void Push(const LiveEvent& event) {
    const size_t at = written_.load(std::memory_order_relaxed);
    if (at - read_.load(std::memory_order_acquire) == kCapacity) {
      overrun_.store(true, std::memory_order_relaxed);
      return;
    }
    new (&memory_[at % kCapacity * sizeof(LiveEvent)]) LiveEvent(event);
    written_.store(at + 1, std::memory_order_release);
  }

  // Hands all events that there are to `take`, oldest first. Returns how many.
  template <typename F>
  size_t Drain(F take) {
    const size_t end = written_.load(std::memory_order_acquire);
    const size_t begin = read_.load(std::memory_order_relaxed);
    for (size_t at = begin; at != end; ++at) {
      take(*std::launder(reinterpret_cast<const LiveEvent*>(
          &memory_[at % kCapacity * sizeof(LiveEvent)])));
      // Room comes in steps: the writer looks at this word each time.
      if (at % 1024 == 0) read_.store(at, std::memory_order_release);
    }
    read_.store(end, std::memory_order_release);
    return end - begin;
  }

  // Whether an event was dropped.
  bool overrun() const { return overrun_.load(std::memory_order_relaxed); }

 private:
  const std::unique_ptr<std::byte[]> memory_ =
      std::make_unique_for_overwrite<std::byte[]>(kCapacity *
                                                  sizeof(LiveEvent));
  alignas(64) std::atomic<size_t> written_{0};
  alignas(64) std::atomic<size_t> read_{0};
  std::atomic<bool> overrun_{false};
};

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_LIVE_EVENT_RING_H_
