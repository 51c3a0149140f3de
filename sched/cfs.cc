#include "sched/cfs.h"

#include <algorithm>

#include "sched/describe.h"
#include "sched/linux_params.h"

namespace jiffy::sched {
namespace {

using Task = Cfs::Task;

Task& TaskOf(Entity& entity) { return entity.Data<Task>(); }
const Task& TaskOf(const Entity& entity) { return entity.Data<Task>(); }

// calc_delta_fair()
int64_t Virtual(int64_t ns, const Task& task) {
  return ns * kNice0Weight / task.weight;
}

}  // namespace

Cfs::Options Cfs::DefaultOptions(int cpus) {
  const int64_t factor = CpuScale(cpus);
  Options options;
  options.sched_latency_ns *= factor;
  options.min_granularity_ns *= factor;
  options.wakeup_granularity_ns *= factor;
  return options;
}

Cfs::Cfs(const Options& options)
    : options_(options),
      tasks_in_latency_(
          (options.sched_latency_ns + options.min_granularity_ns - 1) /
          options.min_granularity_ns) {}

const char* Cfs::Attach(Entity& entity) {
  entity.Init<Task>().weight = WeightOf(entity.params);
  return nullptr;
}

// reweight_entity()
void Cfs::ParamsChanged(Entity& entity) {
  Task& task = TaskOf(entity);
  const int64_t weight = WeightOf(entity.params);
  if (&entity == current_) UpdateCurrent();
  if (task.on_rq) load_ += weight - task.weight;
  task.weight = weight;
}

// sched_slice()
int64_t Cfs::SliceNs(const Task& task) const {
  const int64_t runnable = runnable_ + (task.on_rq ? 0 : 1);
  const int64_t load = load_ + (task.on_rq ? 0 : task.weight);
  const int64_t period = runnable > tasks_in_latency_
                             ? runnable * options_.min_granularity_ns
                             : options_.sched_latency_ns;
  return period * task.weight / load;
}

// update_curr()
void Cfs::UpdateCurrent() {
  if (current_ == nullptr) return;
  const int64_t now = host().Now();
  const int64_t ran = now - exec_start_ns_;
  if (ran <= 0) return;
  exec_start_ns_ = now;
  ran_ns_ += ran;
  Task& task = TaskOf(*current_);
  task.vruntime += Virtual(ran, task);
  UpdateMinVruntime();
}

void Cfs::UpdateMinVruntime() {
  int64_t smallest;
  if (current_ != nullptr) {
    smallest = TaskOf(*current_).vruntime;
    if (!tree_.empty()) {
      smallest = std::min(smallest, TaskOf(*tree_.First()).vruntime);
    }
  } else if (!tree_.empty()) {
    smallest = TaskOf(*tree_.First()).vruntime;
  } else {
    return;
  }
  min_vruntime_ = std::max(min_vruntime_, smallest);
}

// place_entity() for the first two; put_prev_entity() for the others
void Cfs::Enqueue(Entity& entity, EnqueueReason reason) {
  UpdateCurrent();
  Task& task = TaskOf(entity);
  switch (reason) {
    case EnqueueReason::kNew:
      task.vruntime = min_vruntime_ + Virtual(SliceNs(task), task);
      if (current_ != nullptr) {
        task.vruntime = std::max(task.vruntime, TaskOf(*current_).vruntime);
      }
      break;
    case EnqueueReason::kWoken:
      task.vruntime = std::max(task.vruntime,
                               min_vruntime_ - options_.sched_latency_ns / 2);
      break;
    case EnqueueReason::kYielded:
      yielder_ = &entity;
      [[fallthrough]];
    case EnqueueReason::kPreempted:
      current_ = nullptr;
      break;
  }
  if (!task.on_rq) {
    task.on_rq = true;
    ++runnable_;
    load_ += task.weight;
  }
  tree_.Insert(entity);
}

// dequeue_entity()
void Cfs::Dequeue(Entity& entity, DequeueReason /*reason*/) {
  UpdateCurrent();
  Task& task = TaskOf(entity);
  if (&entity == yielder_) yielder_ = nullptr;
  if (&entity == current_) {
    current_ = nullptr;
  } else {
    tree_.Remove(entity);
  }
  task.on_rq = false;
  --runnable_;
  load_ -= task.weight;
  UpdateMinVruntime();
}

// wakeup_preempt_entity()
bool Cfs::LeadsTooMuch(const Task& leader, const Task& behind) const {
  return leader.vruntime - behind.vruntime >
         Virtual(options_.wakeup_granularity_ns, behind);
}

// pick_next_entity() and set_next_entity()
Entity* Cfs::PickNext() {
  Entity* next = tree_.First();
  if (next == nullptr) return nullptr;
  if (next == yielder_) {
    Entity* const second = Treap<ByVruntime>::Next(*next);
    if (second != nullptr && !LeadsTooMuch(TaskOf(*second), TaskOf(*next))) {
      next = second;
    }
  }
  yielder_ = nullptr;
  tree_.Remove(*next);
  current_ = next;
  exec_start_ns_ = host().Now();
  ran_ns_ = 0;
  return next;
}

// check_preempt_tick()
bool Cfs::Tick(Entity& current, int /*ticks*/) {
  UpdateCurrent();
  if (tree_.empty()) return false;
  const Task& task = TaskOf(current);
  const int64_t slice_ns = SliceNs(task);
  if (ran_ns_ > slice_ns) return true;
  if (ran_ns_ < options_.min_granularity_ns) return false;
  return task.vruntime - TaskOf(*tree_.First()).vruntime > slice_ns;
}

void Cfs::TickAway(Entity& away, int ticks) {
  Task& task = TaskOf(away);
  task.vruntime += Virtual(ticks * host().TickNs(), task);
}

void Cfs::Describe(const Entity& entity, char* buffer, size_t size) const {
  const Task& task = TaskOf(entity);
  Description(buffer, size)
      << "vruntime " << task.vruntime / 1000 << " us, weight " << task.weight;
}

// check_preempt_wakeup()
bool Cfs::WakeupPreempts(const Entity& current, const Entity& woken) {
  UpdateCurrent();
  if (IsIdle(current.params) && !IsIdle(woken.params)) return true;
  if (woken.params.sched_class != SchedClass::kNormal) return false;
  return LeadsTooMuch(TaskOf(current), TaskOf(woken));
}

}  // namespace jiffy::sched
