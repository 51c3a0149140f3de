// The scheduler plug-in interface: what a policy is told and what it answers.
//
// A policy is a single-threaded object that owns the run queue of one CPU. It
// is told events (a task came, became runnable, stopped, a tick passed) and
// answers two questions: who is next, and does this tick or this wake-up
// preempt? Everything else (states, sleeping, switching, signals) is its
// host's. The live runtime is one host, the simulator another; a policy cannot
// tell them apart.
//
// A task is in exactly one of these conditions, as far as a policy knows:
//
//   attached   --Enqueue-->   queued   --PickNext-->   current
//   current    --Enqueue-->   queued     (it yielded or was preempted)
//   current    --Dequeue-->   attached   (it blocked or exits)
//   attached   --StartFirst-> current    (and its parent is queued)
//   queued     --Dequeue-->   attached   (it is taken to another CPU)
//
// PickNext takes the task that it returns off the queue: the current task is
// never in the queue. There is at most one current task.
//
// Contract of every method but the constructor, the destructor and Reserve:
// it may be called from a signal handler, with preemption off. So it allocates
// nothing, takes no lock, calls no libc function, throws nothing, and reads no
// clock but Host::Now(). Calls never overlap.
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

// All that there is to a policy that only takes turns: its queue, and a count
// that is set to zero where a turn begins, if any. Its methods do this:
//
//   Enqueue (but kPreempted)           queue->PushBack(entity)
//   PickNext                           *reset = 0, queue->PopFront()
//   Yield                              *reset = 0, queue->Rotate(current)
//   Dequeue (but kMigrated), Attach,
//   Detach, ParamsChanged              nothing
//   WakeupPreempts                     says no
//
// Of what stands in the queue, only the EntityHead may be looked at, and
// PickNext and Yield return it as it is: a host may put threads there for which
// it makes the Entity when their turn comes.
struct TurnQueue {
  RunList* queue = nullptr;
  int64_t* reset = nullptr;
};

// Why a task enters the run queue.
enum class EnqueueReason {
  kNew,        // It was just spawned.
  kWoken,      // It was blocked and somebody woke it.
  kYielded,    // It was current and gave the CPU up of its own accord.
  kPreempted,  // It was current and Tick or WakeupPreempts took the CPU away.
};

// Why a task leaves the CPU or the run queue without staying runnable here.
enum class DequeueReason {
  kBlocked,  // It waits for something.
  kExited,   // It has finished; Detach follows.
  // It was queued and goes elsewhere: to another CPU's policy, then Detach
  // follows; or the host runs it before its turn, since it may hold a lock that
  // others wait for. Enqueue with kWoken brings that one back. Should it exit
  // or block instead, Detach follows, or Enqueue when it is woken.
  kMigrated,
};

// The machine that a policy schedules, as policies see it.
//
// The first group may be called from any policy method. The second is for
// calls that tasks make into their policy (like Linux 0.01's pause()): they
// run in the context of the current task, and Block and Reschedule switch.
class Host {
 public:
  virtual ~Host() = default;

  // Returns the policy that this host asks.
  virtual Scheduler& scheduler() = 0;
  // Returns the task on the CPU, or nullptr while it idles.
  virtual Entity* Current() = 0;
  // Returns the ticks since start: wall time, that of idling and stolen time
  // included.
  virtual uint64_t Jiffies() const = 0;
  // Returns the length of a tick in nanoseconds. No virtual method, since
  // policies ask at each tick.
  int64_t TickNs() const { return tick_ns_.load(std::memory_order_relaxed); }
  // Returns the time in nanoseconds since start that this CPU had, be it for
  // tasks or for idling: what tasks are charged by. Time that was stolen (the
  // process was stopped, or others had the processor) is not in it, as far as
  // the host can tell. Never goes back. Read afresh before each call of a
  // policy whose NeedsClock() is true, else as of the last tick.
  virtual int64_t Now() const = 0;
  // Returns the same with stolen time: for deadlines.
  virtual int64_t WallNow() const { return Now(); }
  // Makes a blocked task runnable: calls Scheduler::Enqueue with kWoken. Does
  // nothing if it is not blocked. Never switches. PickNext may call it too, and
  // then also on the task whose Dequeue made the decision due: that one counts
  // as blocked from Dequeue on.
  virtual void Wake(Entity& entity) = 0;

  // Turns preemption off and on again; calls nest. Ticks that pass meanwhile
  // are charged, and act, when the last one ends. Concerns the calling context,
  // on whichever host of its kind it is called: between CurrentHost() and
  // PreemptDisable() the task may have moved.
  virtual void PreemptDisable() = 0;
  virtual void PreemptEnable() = 0;
  // Blocks the current task: charges it the ticks put off so far, then Dequeue
  // with kBlocked and a switch to the next. Returns when somebody woke it,
  // maybe on another host than this. Call it with preemption off. Switches:
  // yes; not if PickNext woke the task and chose it again.
  virtual void Block() = 0;
  // Asks the policy for a decision while the current task stays runnable.
  // Call it with preemption off. Switches: if another task is chosen.
  virtual void Reschedule() = 0;

 protected:
  // To be called before a policy asks. Others may read meanwhile.
  void SetTickNs(int64_t ns) { tick_ns_.store(ns, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> tick_ns_{0};
};

// Returns the host of the calling context: in a green thread the CPU that runs
// it, in a simulation the simulated CPU, elsewhere nullptr.
Host* CurrentHost();

// Installs the function that answers CurrentHost(). For hosts only.
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
  // signal handlers: the one event in which a policy may allocate. A policy
  // whose tables move when they grow must do so under PreemptDisable
  // (EntityArray needs no such care). Other events may happen meanwhile, other
  // calls of Reserve too.
  virtual void Reserve(size_t tasks) { (void)tasks; }

  // Returns why the policy takes no task of these parameters, whatever else it
  // has attached: a constant string. Returns nullptr if it takes them. Attach
  // refuses such a task for the same reason; the host then reports an invalid
  // argument instead of a lack of room.
  virtual const char* RefuseParams(const TaskParams& params) const {
    (void)params;
    return nullptr;
  }
  // Returns whether the policy has a class of tasks. It treats tasks of other
  // classes as normal ones, which the laboratory tells its users.
  virtual bool HasClass(SchedClass sched_class) const {
    return sched_class == SchedClass::kNormal;
  }
  // Takes a new task in. Returns nullptr, or, to refuse it, a constant string
  // that says why ("all 63 task slots are taken").
  virtual const char* Attach(Entity& entity) {
    (void)entity;
    return nullptr;
  }
  // Forgets a task, which is neither queued nor current.
  virtual void Detach(Entity& entity) { (void)entity; }
  // Tells that `entity.params` changed, whatever condition the task is in.
  virtual void ParamsChanged(Entity& entity) { (void)entity; }
  // Returns whether a task of parameters `a` is to run before one of `b` by
  // these alone. A mutex that passes priority on goes by it. Policies without
  // priorities say no.
  virtual bool Outranks(const TaskParams& a, const TaskParams& b) const {
    (void)a;
    (void)b;
    return false;
  }

  // Queues a runnable task.
  virtual void Enqueue(Entity& entity, EnqueueReason reason) = 0;
  // Tells that a task, current or queued, is not runnable here any more.
  virtual void Dequeue(Entity& entity, DequeueReason reason) = 0;
  // Chooses the next task and takes it off the queue; nullptr if none is
  // queued. A policy that holds queued tasks back tells by NextIdleEvent when
  // to ask again; if it does not, its host takes them for lost.
  virtual Entity* PickNext() = 0;
  // What a spawn is whose task shall run before its parent does: makes `child`,
  // which was just attached, the current task, and queues `current` so that it
  // goes on when nobody else comes between. Returns false, and does nothing, if
  // it is against the policy's rules; the child is then enqueued.
  virtual bool StartFirst(Entity& current, Entity& child) {
    (void)current;
    (void)child;
    return false;
  }
  // What a yield is: queues the current task and chooses the next. Override
  // it only where one step can do both.
  virtual Entity* Yield(Entity& current) {
    Enqueue(current, EnqueueReason::kYielded);
    return PickNext();
  }
  // Tells how to do without the methods that TurnQueue names, if the policy
  // only takes turns: a host may then do itself what they do, which saves it
  // virtual calls. The answer holds for the policy's life. No queue: they must
  // be called.
  virtual TurnQueue turn_queue() { return {}; }

  // Charges `ticks` (>= 1) ticks to the current task, after Host::Jiffies()
  // counted them. Stolen time is not charged. Returns whether the CPU is to be
  // taken from it now.
  virtual bool Tick(Entity& current, int ticks) = 0;
  // Returns whether the host may run tasks before their turn
  // (DequeueReason::kMigrated). Asked once.
  virtual bool MayRunBeforeTurn() const { return true; }
  // Charges ticks to a task that the host runs before its turn; nobody is
  // current to the policy meanwhile.
  virtual void TickAway(Entity& away, int ticks) {
    (void)away;
    (void)ticks;
  }
  // Returns whether `woken`, which was just queued, takes the CPU from
  // `current` at once.
  virtual bool WakeupPreempts(const Entity& current, const Entity& woken) {
    (void)current;
    (void)woken;
    return false;
  }

  // Tells that `ticks` passed while the CPU idled.
  virtual void IdleTicks(int64_t ticks) { (void)ticks; }
  // Returns the jiffy at which an idle CPU must ask PickNext again although
  // nobody was woken (a policy's own alarms), or kNever.
  static constexpr uint64_t kNever = ~uint64_t{0};
  virtual uint64_t NextIdleEvent() const { return kNever; }

  // For people: explanations of a run, dumps of its tasks.
  //
  // Says how PickNext chooses, in a phrase that follows "takes": "the largest
  // counter; of equals, the highest slot".
  virtual std::string_view PickRule() const { return {}; }
  // Writes what PickNext goes by in choosing a task, in a few words ("counter
  // 12, priority 15"), as a string of at most `size` bytes with its final zero.
  // `size` is positive. describe.h helps.
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
