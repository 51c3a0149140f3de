// What is counted of a thread and of a run.
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
  // Ticks that found the thread on the CPU, without those of stolen time.
  uint64_t ticks = 0;
  // Switches away from it because it yielded, waited or ended, and because a
  // tick or a wake-up took the CPU.
  uint64_t voluntary_switches = 0;
  uint64_t preemptions = 0;

  // Bytes of its stack that it used, at most, and that it has for use; 0
  // without RuntimeOptions::measure_stacks. The frame of a tick may be among
  // them.
  size_t stack_used = 0;
  size_t stack_size = 0;

  // Only with RuntimeOptions::measure_time; else cpu_time is ticks times the
  // tick's length, and the others are zero. Time on the CPU is the time between
  // the switches to and from it. What the kernel takes away meanwhile is in it
  // only as far as it is shorter than two ticks at a time, as in the longest
  // wait.
  absl::Duration cpu_time;
  // Longest time that it was runnable and did not run.
  absl::Duration longest_wait;
  // Since its run began: when it was spawned, when it ended.
  absl::Duration spawned;
  absl::Duration ended;
};

// Read while the run goes on, the figures are each right, and need not all be
// of the same moment.
struct RuntimeStats {
  // Switches between threads, and to and from idling.
  uint64_t switches = 0;
  uint64_t preemptions = 0;
  // Ticks since start: wall time, that of idling and stolen time included.
  uint64_t jiffies = 0;
  // Of these, those of stolen time: the kernel kept this CPU's OS thread from
  // running, because the process was stopped or others had the processor. No
  // thread is charged with them (docs/preemption.md).
  uint64_t stolen_ticks = 0;
  // Ticks that the timer delivered: all but those of idle time, when it stops.
  uint64_t ticks = 0;
  // Of the ticks, those that came while preemption was off, and times that one
  // was put off because it landed inside libc, in a signal handler of the
  // user's, or in the switch. None of them is lost.
  uint64_t guarded_ticks = 0;
  uint64_t deferred_ticks = 0;
  // Threads that ran, and how many of them, at most, at one time.
  uint64_t threads = 0;
  uint64_t most_threads = 0;
  // Threads that have not ended.
  uint64_t live_threads = 0;
  // Longest time that a thread kept preemption off, in whole ticks, as those
  // tell it that came meanwhile: a shorter time may be missed.
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

// A switch, as Runtime::TakeTrace tells them.
struct SwitchRecord {
  // Since the run began.
  int64_t time_ns = 0;
  // Ids of the threads, 0 for idle.
  uint64_t previous = 0;
  uint64_t next = 0;
  // Of the previous: 'R' still runnable, 'S' waits, 'X' ended.
  char previous_state = 'R';
};

struct SwitchTrace {
  // Oldest first.
  std::vector<SwitchRecord> records;
  // Older ones that there was no room for.
  uint64_t dropped = 0;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_STATS_H_
