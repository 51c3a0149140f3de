// Records the events of a run, at a few nanoseconds each.
//
// A flight recorder: a ring of fixed size that keeps the newest events. An
// event is a reading of the machine's cheapest clock and one word; the words
// are interpreted after the run (trace_file.h). One writer: the worker, with
// preemption off or in its interrupt handler.
#ifndef JIFFY_RUNTIME_CORE_TRACER_H_
#define JIFFY_RUNTIME_CORE_TRACER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "arch/cycles.h"
#include "runtime/options.h"
#include "signals/tick.h"

namespace jiffy::internal {

// Kinds of events, and the id or address in their `subject`.
enum class TraceKind : uint8_t {
  kSpawn,      // A new thread.
  kSwitch,     // The incoming thread, 0 for idle. `detail`: LeaveReason.
  kWakeup,     // The woken thread. `detail`: Waker.
  kSpanBegin,  // A label (trace.h), by the current thread.
  kSpanEnd,
};

// Why a thread left the CPU. If it blocked, the detail is kBlocked plus the
// WaitKind.
enum class LeaveReason : uint8_t {
  kIdle,  // The CPU idled.
  kYielded,
  kPreempted,
  kFinished,
  kBlocked,
};

enum class Waker : uint8_t {
  kThread,  // The current thread, or the policy itself.
  kTimer,
  kOutside,  // Another OS thread.
};

// An event as Read returns it.
struct TraceRecord {
  // Time since the run began. No two events have the same.
  int64_t time_ns = 0;
  uint64_t subject = 0;
  TraceKind kind = TraceKind::kSpawn;
  uint8_t detail = 0;
};

// All that was recorded, oldest first.
struct Recording {
  std::vector<TraceRecord> records;
  // Number of older events that were overwritten.
  uint64_t dropped = 0;
  // Names of named threads that have ended or were given up.
  absl::flat_hash_map<uint64_t, std::string> names;
};

class Tracer {
 public:
  Tracer() = default;
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Makes room for at least `capacity` events; 0 disables tracing. Times are
  // counted from `start_ns`. If `exact`, they are readings of CLOCK_MONOTONIC.
  // Errors: ResourceExhausted. Context: before anything is recorded.
  absl::Status Start(size_t capacity, int64_t start_ns, bool exact);

  bool on() const { return events_ != nullptr; }

  // Returns the stamp for an event. Context of this function and those below:
  // the worker, preemption off or handler; on() is true.
  uint64_t Stamp() const {
    return counter_ ? arch::Cycles()
                    : static_cast<uint64_t>(signals::MonotonicNs());
  }
  void Record(uint64_t stamp, TraceKind kind, uint8_t detail, uint64_t id) {
    Push(stamp, id << 16 | uint64_t{detail} << 8 | static_cast<uint8_t>(kind));
  }
  // `label` must outlive the recording.
  void RecordSpan(TraceKind kind, const char* label) {
    Push(Stamp(), uint64_t{reinterpret_cast<uintptr_t>(label)} << 8 |
                      static_cast<uint8_t>(kind));
  }
  // Keeps the name of an ending thread, unless it is empty. `name` is an array
  // of kMaxNameLength + 1.
  void KeepName(uint64_t id, const char* name) {
    if (name[0] == '\0') return;
    Name& kept = names_[names_count_++ & names_mask_];
    kept.id = id;
    memcpy(kept.text, name, sizeof kept.text);
  }

  // Returns what was recorded. Context: the run is over.
  Recording Read() const;
  void Forget() { count_ = names_count_ = 0; }

 private:
  struct Event {
    uint64_t stamp;
    uint64_t word;
  };
  struct Name {
    uint64_t id;
    char text[kMaxNameLength + 1];
  };
  // A moment on both clocks.
  struct Moment {
    uint64_t stamp = 0;
    int64_t ns = 0;
  };

  void Push(uint64_t stamp, uint64_t word) {
    events_[count_++ & mask_] = {stamp, word};
  }
  Moment ReadBothClocks() const;

  Event* events_ = nullptr;
  uint64_t mask_ = 0;
  uint64_t count_ = 0;
  // Whether stamps are arch::Cycles(), not CLOCK_MONOTONIC.
  bool counter_ = false;

  Name* names_ = nullptr;
  uint64_t names_mask_ = 0;
  uint64_t names_count_ = 0;

  int64_t start_ns_ = 0;
  Moment started_;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_TRACER_H_
