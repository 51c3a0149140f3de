// The part of a task that a scheduling policy sees.
//
// An Entity is the policy's part of a task's control block: its links in the
// policy's queue, the parameters set by its owner, and a small typed buffer for
// the policy's own data. The live runtime and the simulator schedule the same
// Entity, so a policy cannot tell which of them it serves.
#ifndef JIFFY_SCHED_ENTITY_H_
#define JIFFY_SCHED_ENTITY_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace jiffy::sched {

// Scheduling classes of Linux. Few policies know them all: see
// Scheduler::HasClass. As in POSIX, real-time tasks run before all normal ones.
enum class SchedClass : uint8_t {
  kNormal,      // SCHED_OTHER
  kFifo,        // SCHED_FIFO: real-time, runs until it blocks or a task of
                // higher priority comes.
  kRoundRobin,  // SCHED_RR: real-time, takes turns with tasks of the same
                // priority.
  kBatch,       // SCHED_BATCH: normal, but its wake-ups preempt nobody.
  kIdle,        // SCHED_IDLE: gets almost no CPU time while others can run.
  kDeadline,    // SCHED_DEADLINE: by its deadline, before all others.
};

// Requests of a task's owner to the policy. Policies read the fields that they
// know and ignore the others.
struct TaskParams {
  // Unix nice value, -20 (most CPU) to 19 (least).
  int nice = 0;
  // Priority in the policy's own unit; 0 means the policy's default. Real-time
  // tasks, under every policy: 1 (lowest) to 99, default 10. Linux 0.01: the
  // ticks a task gets at each recharge (default 15). Lottery and stride: the
  // number of tickets (default: from the nice value, 1024 for 0).
  int priority = 0;
  // Time slice in nanoseconds; 0 means the policy's default.
  int64_t slice_ns = 0;
  SchedClass sched_class = SchedClass::kNormal;
  // For earliest deadline first, in nanoseconds; 0 means not declared. A task
  // that declares a deadline or a period must end each job within `deadline_ns`
  // (default: the period) of the wake-up that began the job. A task that
  // declares a period and a runtime (CPU time of a job) is subject to the
  // admission test.
  int64_t deadline_ns = 0;
  int64_t period_ns = 0;
  int64_t runtime_ns = 0;

  friend bool operator==(const TaskParams&, const TaskParams&) = default;
};

class Entity;

// The part of a task that a queue needs.
struct EntityHead {
  // Links of the queue that holds the task; only the policy uses them.
  Entity* next = nullptr;
  Entity* prev = nullptr;

  // Number of the task, unique in its run, from 1.
  uint64_t id = 0;
};

// A task as a policy sees it. Not copyable or movable, because the policy's
// queues link through it.
class Entity : public EntityHead {
 public:
  // Bytes a policy has for its own data about one task.
  static constexpr size_t kDataSize = 64;

  Entity() = default;
  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;

  // The policy's own data about this task. `T` must be trivial and fit in
  // kDataSize bytes. Init<T>() constructs the data (call it in
  // Scheduler::Attach); Data<T>() returns it.
  template <typename T>
  T& Init() {
    CheckData<T>();
    return *new (data_) T();
  }
  template <typename T>
  T& Data() {
    CheckData<T>();
    return *std::launder(reinterpret_cast<T*>(data_));
  }
  template <typename T>
  const T& Data() const {
    CheckData<T>();
    return *std::launder(reinterpret_cast<const T*>(data_));
  }

  // Set by the task's owner. Scheduler::ParamsChanged tells the policy of a
  // change in an attached task.
  TaskParams params;

 private:
  template <typename T>
  static constexpr void CheckData() {
    static_assert(sizeof(T) <= kDataSize, "policy data is too large");
    static_assert(alignof(T) <= 16, "policy data is aligned too strictly");
    static_assert(
        std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>,
        "policy data must be trivial: nobody destroys it");
  }

  alignas(16) std::byte data_[kDataSize];
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_ENTITY_H_
