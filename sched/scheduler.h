// The scheduler plug-in interface: events for a policy, and its decisions.
//
// A policy is a single-threaded object that owns the run queue of one CPU. It
// receives events (a task came, became runnable, stopped; a tick passed) and
// answers two questions: which task is next, and does this tick or wake-up
// preempt? Its host does everything else (states, sleeping, switching,
// signals). The live runtime is one host, the simulator another; a policy
// cannot tell them apart.
//
// To a policy, a task is in exactly one of these conditions:
//
//   attached   --Enqueue-->   queued   --PickNext-->   current
//   current    --Enqueue-->   queued     (it yielded or was preempted)
//   current    --Dequeue-->   attached   (it blocked or exits)
//   attached   --StartFirst-> current    (and its parent is queued)
//   queued     --Dequeue-->   attached   (it is taken to another CPU)
//
// PickNext removes the chosen task from the queue: the current task is never in
// the queue. There is at most one current task.
//
// Contract of every method except the constructor, the destructor and Reserve:
// it may be called from a signal handler, with preemption off. So it must not
// allocate, take locks, call libc functions, throw, or read any clock but
// Host::Now(). Calls never overlap.
#ifndef JIFFY_SCHED_SCHEDULER_H_
#define JIFFY_SCHED_SCHEDULER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/entity.h"

namespace jiffy::sched {

class RunList;
class Scheduler;

// The whole state of a policy that only takes turns: its queue, and a counter,
// if any, that is reset when a turn begins. Its methods do this:
//
//   Enqueue (but kPreempted)           queue->PushBack(entity)
//   PickNext                           *reset = 0, queue->PopFront()
//   Yield                              *reset = 0, queue->Rotate(current)
//   Dequeue (but kMigrated), Attach,
//   Detach, ParamsChanged              nothing
//   WakeupPreempts                     says no
//
// The policy must access only the EntityHead of queued tasks, and PickNext and
// Yield return it unchanged: a host may queue threads for which it makes the
// Entity only when their turn comes.
struct TurnQueue {
  RunList* queue = nullptr;
  int64_t* reset = nullptr;
};

// Why a task enters the run queue.
enum class EnqueueReason {
  kNew,        // It was just spawned.
  kWoken,      // It was blocked and somebody woke it.
  kYielded,    // It was current and gave up the CPU itself.
  kPreempted,  // It was current and Tick or WakeupPreempts took the CPU away.
};

// Why a task leaves the CPU or the run queue and is no longer runnable here.
enum class DequeueReason {
  kBlocked,  // It waits for something.
  kExited,   // It has finished; Detach follows.
  // It was queued and goes to another CPU's policy (Detach follows), or the
  // host runs it before its turn, since it may hold a lock that others wait
  // for. In the second case, Enqueue with kWoken brings it back, also when it
  // is woken after blocking; if it exits, Detach follows.
  kMigrated,
};

// The machine that a policy schedules, as policies see it.
//
// Any policy method may call the first group of methods. The second group is
// for calls of tasks into their policy (like Linux 0.01's pause()): it runs in
// the context of the current task, and Block and Reschedule switch.
class Host {
 public:
  virtual ~Host() = default;

  // Returns the policy of this host.
  virtual Scheduler& scheduler() = 0;
  // Returns the task on the CPU, or nullptr while it idles.
  virtual Entity* Current() = 0;
  // Returns the ticks since start: wall time, including idle and stolen time.
  virtual uint64_t Jiffies() const = 0;
  // Returns the length of a tick in nanoseconds. Not virtual, since policies
  // call it at each tick.
  int64_t TickNs() const { return tick_ns_.load(std::memory_order_relaxed); }
  // Returns the time in nanoseconds since start that this CPU had, busy or
  // idle; tasks are charged by it. Excludes stolen time (the process was
  // stopped, or others had the processor), as far as the host can detect it.
  // Never goes back. Updated before each call of a policy whose NeedsClock() is
  // true, else at each tick.
  virtual int64_t Now() const = 0;
  // Returns the same including stolen time, for deadlines.
  virtual int64_t WallNow() const { return Now(); }
  // Makes a blocked task runnable: calls Scheduler::Enqueue with kWoken. Does
  // nothing if the task is not blocked. Never switches. PickNext may call this
  // too, even on the task whose Dequeue caused the decision: a task counts as
  // blocked from Dequeue on.
  virtual void Wake(Entity& entity) = 0;

  // Turn preemption off and on again; calls nest. Ticks in between are charged,
  // and may preempt, at the outermost PreemptEnable. Both act on the calling
  // context, on whichever host of its kind they are called: the task may move
  // between CurrentHost() and PreemptDisable().
  virtual void PreemptDisable() = 0;
  virtual void PreemptEnable() = 0;
  // Blocks the current task: charges it the deferred ticks, calls Dequeue with
  // kBlocked and switches to the next task. Returns after a wake-up, maybe on
  // another host. Call it with preemption off. Switches: yes, unless PickNext
  // woke the task and chose it again.
  virtual void Block() = 0;
  // Asks the policy for a decision; the current task stays runnable. Call it
  // with preemption off. Switches: if another task is chosen.
  virtual void Reschedule() = 0;

 protected:
  // Call it before a policy reads the tick. Other threads may read meanwhile.
  void SetTickNs(int64_t ns) { tick_ns_.store(ns, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> tick_ns_{0};
};

// Returns the host of the calling context: in a green thread, its CPU; in a
// simulation, the simulated CPU; elsewhere nullptr.
Host* CurrentHost();

// Installs the function behind CurrentHost(). For hosts only.
void SetCurrentHostResolver(Host* (*resolver)());

// A scheduling policy.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  // Returns the name by which users choose the policy: "rr", "linux-0.01".
  virtual std::string_view name() const = 0;

  // Returns the tick that the policy was made for, in nanoseconds; 0 leaves
  // the choice to the host (which takes the time slice).
  virtual int64_t PreferredTickNs() const { return 0; }

  // Returns whether Host::Now() must be exact at each call.
  virtual bool NeedsClock() const { return false; }

  // Tells the policy its host, once, before any other event.
  void BindHost(Host* host) { host_ = host; }

  // Makes room for `tasks` attached tasks. Called with preemption on, outside
  // signal handlers: the only event in which a policy may allocate. If a
  // policy's tables move when they grow, it must move them under PreemptDisable
  // (EntityArray does not move). Other events, including other calls of
  // Reserve, may happen meanwhile.
  virtual void Reserve(size_t tasks) { (void)tasks; }

  // Returns why the policy accepts no task with these parameters, whatever
  // tasks are attached: a constant string. Returns nullptr if it accepts them.
  // Attach refuses such a task for the same reason; the host then reports an
  // invalid argument instead of a lack of room.
  virtual const char* RefuseParams(const TaskParams& params) const {
    (void)params;
    return nullptr;
  }
  // Returns whether the policy supports a class of tasks. It treats tasks of
  // other classes as normal ones; the laboratory reports that to its users.
  virtual bool HasClass(SchedClass sched_class) const {
    return sched_class == SchedClass::kNormal;
  }
  // Accepts a new task and returns nullptr, or refuses it and returns the
  // reason, a constant string ("all 63 task slots are taken").
  virtual const char* Attach(Entity& entity) {
    (void)entity;
    return nullptr;
  }
  // Forgets a task, which is neither queued nor current.
  virtual void Detach(Entity& entity) { (void)entity; }
  // Tells that `entity.params` changed. The task may be in any condition.
  virtual void ParamsChanged(Entity& entity) { (void)entity; }
  // Returns whether, by parameters alone, a task with `a` runs before one with
  // `b`. Mutexes with priority inheritance use it. Policies without priorities
  // return false.
  virtual bool Outranks(const TaskParams& a, const TaskParams& b) const {
    (void)a;
    (void)b;
    return false;
  }

  // Queues a runnable task.
  virtual void Enqueue(Entity& entity, EnqueueReason reason) = 0;
  // Tells that a task, current or queued, is no longer runnable here.
  virtual void Dequeue(Entity& entity, DequeueReason reason) = 0;
  // Chooses the next task and removes it from the queue; nullptr if none is
  // queued. A policy that holds back queued tasks must say by NextIdleEvent
  // when to ask again; otherwise its host considers them lost.
  virtual Entity* PickNext() = 0;
  // Starts `child` before its parent: makes `child`, which was just attached,
  // the current task, and queues `current` to run next unless another task
  // comes first. Returns false and does nothing if the policy's rules forbid
  // it; the host then enqueues the child.
  virtual bool StartFirst(Entity& current, Entity& child) {
    (void)current;
    (void)child;
    return false;
  }
  // Yields: queues the current task and chooses the next. Override this only if
  // one step can do both.
  virtual Entity* Yield(Entity& current) {
    Enqueue(current, EnqueueReason::kYielded);
    return PickNext();
  }
  // If the policy only takes turns, returns its TurnQueue: a host may then do
  // the work of the methods listed there itself, which saves virtual calls. The
  // result holds for the policy's life. Without a queue, the host must call the
  // methods.
  virtual TurnQueue turn_queue() { return {}; }

  // Charges `ticks` (>= 1) ticks to the current task, after Host::Jiffies()
  // counted them. Stolen time is not charged. Returns whether to preempt the
  // task now.
  virtual bool Tick(Entity& current, int ticks) = 0;
  // Returns whether the host may run tasks before their turn
  // (DequeueReason::kMigrated). Asked once.
  virtual bool MayRunBeforeTurn() const { return true; }
  // Charges ticks to a task that the host runs before its turn; meanwhile the
  // policy has no current task.
  virtual void TickAway(Entity& away, int ticks) {
    (void)away;
    (void)ticks;
  }
  // Returns whether `woken`, which was just queued, preempts `current` at once.
  virtual bool WakeupPreempts(const Entity& current, const Entity& woken) {
    (void)current;
    (void)woken;
    return false;
  }

  // Tells that `ticks` ticks passed while the CPU was idle.
  virtual void IdleTicks(int64_t ticks) { (void)ticks; }
  // Returns the jiffy at which an idle CPU must call PickNext again without a
  // wake-up (for a policy's own alarms), or kNever.
  static constexpr uint64_t kNever = ~uint64_t{0};
  virtual uint64_t NextIdleEvent() const { return kNever; }

  // For human readers: explanations of a run, dumps of its tasks.
  //
  // Returns the rule of PickNext, as a phrase to follow "takes": "the largest
  // counter; of equals, the highest slot".
  virtual std::string_view PickRule() const { return {}; }
  // Writes the values that decide in PickNext, in a few words ("counter 12,
  // priority 15"), as a string of at most `size` bytes including the final
  // zero. `size` is positive. describe.h helps.
  virtual void Describe(const Entity& entity, char* buffer, size_t size) const {
    (void)entity;
    (void)size;
    *buffer = '\0';
  }

 protected:
  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  Host& host() const { return *host_; }

 private:
  Host* host_ = nullptr;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_SCHEDULER_H_
