// The parts that a worker is made of, grouped by who touches them. All but the
// mailbox and the counters belong to the worker alone: it touches them with
// preemption off or in its interrupt handler.
#ifndef JIFFY_RUNTIME_CORE_WORKER_PARTS_H_
#define JIFFY_RUNTIME_CORE_WORKER_PARTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/core/completion.h"
#include "runtime/core/deadline.h"
#include "runtime/core/own_signals.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/slot_trim.h"
#include "runtime/core/timer_queue.h"
#include "runtime/core/tracer.h"
#include "runtime/core/waiter.h"
#include "runtime/options.h"
#include "sched/run_list.h"
#include "signals/single_writer.h"

namespace jiffy::internal {

struct WorkerParts {
  // Ways to yield without a call to the policy.
  struct FastYield {
    // Rotate this queue and switch; each task has a copy. Null if a yield must
    // do more.
    sched::RunList* queue = nullptr;
    // Rotate, record and switch.
    sched::RunList* traced_queue = nullptr;
    // A yield must look at Modes::needs_clock, traced_queue or
    // LockHolders::running.
    bool special = false;
  };

  // Fixed for the run.
  struct Modes {
    // Exact times are kept.
    bool timed = false;
    // Exact times or a trace are kept.
    bool observed = false;
    // The policy asks for Now().
    bool needs_clock = false;
    // Now() charges threads: needs_clock or timed.
    bool charges_by_clock = false;
    // Threads may get their stack when their turn comes.
    bool starts_late = false;
    // The policy lets holders of libc's locks run first.
    bool holders_first = false;
  };

  // Any thread may read these.
  struct Counters {
    signals::Counter switches;
    signals::Counter preemptions;
    // Longest time with preemption off, as measured in ticks.
    signals::SingleWriter<int64_t> longest_guard_ns;
  };

  // The time of this CPU.
  struct Clock {
    // Follows Cpu::ticks_seen.
    uint64_t ticks_charged = 0;
    // Points of the tick's grid that passed while the tick was stopped.
    uint64_t ticks_skipped = 0;
    // The part of ticks_skipped by which idling took longer than asked for.
    signals::Counter idle_stolen;
    // Grid points minus the ticks delivered or skipped, when counting began.
    int64_t tick_base = 0;
    // Ticks charged and ticks of idle time, without the stolen ones.
    signals::Counter jiffies;
    // Now(): time since Machine::start_ns that was not stolen.
    int64_t now_ns = 0;
    // When the CPU-time clock was last read outside the handler.
    int64_t steal_read_ns = 0;
  };

  // Timers of threads and of the program.
  struct Sleepers {
    TimerQueue queue;
    // Time for which the wake-up timer is armed.
    int64_t armed_ns = kNoDeadline;
  };

  static constexpr int64_t kFirstIdleProbeNs = 20'000'000;
  // The idle loop.
  struct Idling {
    // When to check next for threads that the policy lost.
    int64_t lost_check_ns = 0;
    // How long to sleep before checking that somebody can still wake the
    // worker.
    int64_t probe_ns = kFirstIdleProbeNs;
  };

  // Other OS threads write here.
  struct Mailbox {
    // Wake-ups, linked by Parker::next.
    std::atomic<Parker*> first{nullptr};
    // OS threads inside DeliverRemotely; the worker outlives them.
    std::atomic<uint32_t> wakers{0};
    // An idle worker sleeps on this word; a waker increments it.
    std::atomic<uint32_t> idle_word{0};
  };

  // Free slots.
  struct Stacks {
    explicit Stacks(const RuntimeOptions& options);
    SlotPool slots;
    const int default_class;
    const int guard_class;
    StackTrimmer trimmer;
    // Threads without a stack; the pool keeps a slot for each.
    size_t unstarted = 0;
  };

  // Memory of a freed completion.
  struct SpareCompletion {
    SpareCompletion* next;
  };
  // Records of threads that ended.
  struct Completions {
    // No handle owns these; to be freed with preemption on.
    Completion* garbage = nullptr;
    SpareCompletion* spare = nullptr;
  };

  // Signal masks and alternate stacks.
  struct Masks {
    // A thread had a mask of its own.
    bool any_own = false;
    // The kernel may have another alternate stack than plain_alternate_stack.
    bool alternate_stack_changed = false;
    OwnSignals idle = {};
  };

  // The trace.
  struct Recorder {
    Tracer tracer;
    // Events to remember, 0 for none.
    size_t capacity = 0;
    // Counters::preemptions as of the last recorded switch.
    uint64_t preemptions = 0;
    // Who ends waits at the moment.
    Waker waker = Waker::kThread;
  };
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_WORKER_PARTS_H_
