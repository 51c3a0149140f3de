// What a scheduling policy sees of a task.
//
// An Entity is the policy's half of a task's control block: its place in the
// policy's queue, the parameters its owner set, and a small typed buffer for
// whatever the policy keeps about it. The live runtime and the simulator
// schedule the same Entity, so a policy cannot tell which of them it serves.
#ifndef JIFFY_SCHED_ENTITY_H_
#define JIFFY_SCHED_ENTITY_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace jiffy::sched {

// Classes of tasks, as Linux has them. Few policies know them all: see
// Scheduler::HasClass. As in POSIX, a real-time task goes before every normal
// one.
enum class SchedClass : uint8_t {
  kNormal,      // SCHED_OTHER
  kFifo,        // SCHED_FIFO: real-time, runs until it blocks or one of more
                // priority comes.
  kRoundRobin,  // SCHED_RR: real-time, takes turns with those of the same
                // priority.
  kBatch,       // SCHED_BATCH: normal, but its wake-ups preempt nobody.
  kIdle,        // SCHED_IDLE: gets next to nothing while others are runnable.
  kDeadline,    // SCHED_DEADLINE: by its deadline, before all others.
};

// What the owner of a task asks of the policy. Policies read what they know
// and ignore the rest.
struct TaskParams {
  // Unix nice value, -20 (most CPU) to 19 (least).
  int nice = 0;
  // Priority in the policy's own unit; 0 means the policy's default. Under
  // Linux 0.01: the ticks a task gets at each recharge (default 15). Of a
  // real-time task, and then under no policy anything else: 1 (least) to 99,
  // default 10. Under lottery and stride: the
  // number of its tickets (default: by its nice value, 1024 for 0).
  int priority = 0;
  // Time slice in nanoseconds; 0 means the policy's default.
  int64_t slice_ns = 0;
  SchedClass sched_class = SchedClass::kNormal;
  // For earliest deadline first, in nanoseconds; 0 means not declared. A task
  // that declares a deadline or a period must end each job within `deadline_ns`
  // (default: the period) of the wake-up that began it. One that declares a
  // period and the CPU time that a job takes is subject to the admission test.
  int64_t deadline_ns = 0;
  int64_t period_ns = 0;
  int64_t runtime_ns = 0;

  friend bool operator==(const TaskParams&, const TaskParams&) = default;
};

class Entity;

// What a queue needs of a task.
struct EntityHead {
  // Links of the queue that holds the task; the policy's alone to use.
  Entity* next = nullptr;
  Entity* prev = nullptr;

  // Number of the task, unique in its run, counted from 1.
  uint64_t id = 0;
};

// A task as a policy sees it. Neither copied nor moved: the policy's queue
// links run through it.
class Entity : public EntityHead {
 public:
  // Bytes a policy has for its own data about one task.
  static constexpr size_t kDataSize = 64;

  Entity() = default;
  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;

  // The policy's own data about this task. `T` must be trivial and fit in
  // kDataSize bytes. Init<T>() makes it anew (call it in Scheduler::Attach);
  // Data<T>() finds it again.
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

  // Set by the task's owner; a change while it lives is told to the policy by
  // Scheduler::ParamsChanged.
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
