// Metrics of a thread and of a run.
#ifndef JIFFY_RUNTIME_STATS_H_
#define JIFFY_RUNTIME_STATS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace jiffy {

struct ThreadStats {
  uint64_t id = 0;
  std::string name;
  bool finished = false;
  // Ticks that found the thread on the CPU, without ticks of stolen time.
  uint64_t ticks = 0;
  // Switches away from the thread: because it yielded, waited or ended; and
  // because a tick or a wake-up took the CPU from it.
  uint64_t voluntary_switches = 0;
  uint64_t preemptions = 0;

  // Most bytes of its stack that the thread used, and bytes that it could use;
  // 0 without RuntimeOptions::measure_stacks. May include the signal frame of a
  // tick.
  size_t stack_used = 0;
  size_t stack_size = 0;

  // Only with RuntimeOptions::measure_time; else cpu_time is ticks times the
  // tick's length, and the others are zero. Time on the CPU is the time between
  // the switches to and from the thread. Time that the kernel takes away
  // meanwhile is included only where it is shorter than two ticks at a time;
  // the same holds for longest_wait.
  absl::Duration cpu_time;
  // Longest time that the thread was runnable but did not run.
  absl::Duration longest_wait;
  // When the thread was spawned and when it ended, since its run began.
  absl::Duration spawned;
  absl::Duration ended;
};

// When read during the run, each metric is correct, but they need not all be of
// the same moment.
struct RuntimeStats {
  // Switches between threads, and to and from idling.
  uint64_t switches = 0;
  uint64_t preemptions = 0;
  // Ticks since start, in wall time: idle and stolen time included.
  uint64_t jiffies = 0;
  // Those jiffies that were stolen: the kernel kept this CPU's OS thread from
  // running, because the process was stopped or others had the processor. No
  // thread is charged with them (docs/preemption.md).
  uint64_t stolen_ticks = 0;
  // Ticks that the timer delivered: it stops in idle time.
  uint64_t ticks = 0;
  // Ticks that came while preemption was off, and ticks that were put off
  // because they landed inside libc, in a signal handler of the program, or in
  // the switch. None of them is lost.
  uint64_t guarded_ticks = 0;
  uint64_t deferred_ticks = 0;
  // Threads that ran, and the most that existed at one time.
  uint64_t threads = 0;
  uint64_t most_threads = 0;
  // Threads that have not ended.
  uint64_t live_threads = 0;
  // Longest time that a thread kept preemption off, in whole ticks, counted by
  // the ticks that came meanwhile: a shorter time may be missed.
  absl::Duration longest_guard;
  absl::Duration tick;
  absl::Duration wall_time;

  // Of the threads that ended, the one that used the largest part of its stack.
  // Only with RuntimeOptions::measure_stacks.
  struct FullestStack {
    std::string thread;
    uint64_t id = 0;
    size_t used = 0;
    size_t size = 0;
  };
  FullestStack fullest_stack;
};

// A switch, as Runtime::TakeTrace reports it.
struct SwitchRecord {
  // Since the run began.
  int64_t time_ns = 0;
  // Ids of the threads, 0 for idle.
  uint64_t previous = 0;
  uint64_t next = 0;
  // Of the previous thread: 'R' still runnable, 'S' waits, 'X' ended.
  char previous_state = 'R';
};

struct SwitchTrace {
  // Oldest first.
  std::vector<SwitchRecord> records;
  // Number of older records that were lost for lack of room.
  uint64_t dropped = 0;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_STATS_H_
