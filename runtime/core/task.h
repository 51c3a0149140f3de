// The control block of a green thread.
//
// It lies in the thread's own TLS block (over signals::task_frame), at the top
// of the thread's own stack, so a parked thread touches one or two pages. Where
// threads share the OS thread's TLS, it lies alone at the top of the stack.
//
// States of a task:
//
//   kNew -> kRunnable <-> kRunning -> kFinished
//              ^             |
//              +- kBlocked <-+
//
// Only the worker that runs a task changes its state, with preemption off.
#ifndef JIFFY_RUNTIME_CORE_TASK_H_
#define JIFFY_RUNTIME_CORE_TASK_H_

#include <cstdint>

#include "runtime/core/completion.h"
#include "runtime/core/timer_queue.h"
#include "runtime/core/waiter.h"
#include "sched/entity.h"
#include "sched/run_list.h"
#include "signals/preempt.h"

namespace jiffy::internal {

enum class TaskState : uint8_t {
  kNew,
  kRunnable,
  kRunning,
  kBlocked,
  kFinished,
};

// Why a park ended.
enum class WakeReason : uint8_t { kWoken, kTimeout };

struct Task;

// Ends a task's wait when the time is due.
struct SleepTimer : TimerNode {
  Task* task = nullptr;
};

// More fields that a yield touches. They lie before the Entity, so that the
// policy's links share their cache line.
struct HotTask : signals::TaskHead {
  TaskState state;
  WaitKind wait_kind;
  WakeReason wake_reason;
  // Class of the slot that holds this task (slot.h).
  uint8_t slot_class;
  bool preemptible;
  // Whether the watchdog has reported this wait.
  bool wait_reported;
  uint64_t voluntary_switches;
};
static_assert(sizeof(HotTask) + 2 * sizeof(sched::Entity*) <= 128,
              "a yield touches two cache lines of a task");

// In order: fields for the switch, fields for the policy, the rest.
struct Task : HotTask, sched::Entity, Counts {
  // Fast path: the queue that a yield rotates; null if a yield must do more.
  sched::RunList* yield_queue;
  const void* wait_object;
  // The innermost wait; Parker::prev links the enclosing ones.
  Parker* parker;
  // Worker::OwnJiffies() when the wait began.
  uint64_t wait_since;

  Completion* completion;
  // The callable, on the stack's top or in the completion.
  void (*run)(void* closure);
  void* closure;

  SleepTimer timer;

  // Links of all live tasks of the worker; in a free slot, all_next links the
  // next free slot.
  Task* all_next;
  Task* all_prev;

  // Generation of its libc thread block when the block was made.
  uintptr_t tls_generation;

  // Time on the CPU, if exact times are kept.
  int64_t cpu_ns;
  // When the worker last switched to the task, and when the task last became
  // runnable, by the worker's own clock.
  int64_t running_since_ns;
  int64_t runnable_since_ns;

  // Where threads share TLS: the thread's values that the switch saves.
  int saved_errno;
  void* saved_exceptions[2];
};
static_assert(sizeof(Task) <= sizeof(signals::TaskFrame),
              "Task outgrew signals::TaskFrame::kRoom");
static_assert(alignof(Task) <= alignof(signals::TaskFrame),
              "Task is aligned more strictly than signals::TaskFrame");

inline Task* TaskOf(signals::TaskHead* head) {
  return static_cast<Task*>(head);
}
// The context is the head's first member.
inline Task* TaskOf(arch::Context* context) {
  return TaskOf(reinterpret_cast<signals::TaskHead*>(context));
}
inline Task* TaskOf(sched::Entity* entity) {
  return static_cast<Task*>(entity);
}

// Returns the calling green thread; the worker's idle task in the idle loop;
// nullptr in an OS thread that is no worker. Context: anywhere.
inline Task* CurrentTask() { return TaskOf(signals::task_frame.head.current); }

// Returns the calling green thread's call record; nullptr in an OS thread, in
// the idle loop, and when the thread has finished. Context: anywhere.
inline CallRecord* CurrentCallRecord() {
  const Task* task = CurrentTask();
  return task == nullptr || task->completion == nullptr ||
                 task->state == TaskState::kFinished
             ? nullptr
             : &task->completion->call_record;
}

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_TASK_H_
