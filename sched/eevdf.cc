#include "sched/eevdf.h"

#include <algorithm>

#include "sched/describe.h"
#include "sched/linux_params.h"

namespace jiffy::sched {
namespace {

using Task = Eevdf::Task;

// Limits of a task's own slice (__setparam_fair).
constexpr int64_t kMinSliceNs = 100'000;
constexpr int64_t kMaxSliceNs = 100'000'000;

Task& TaskOf(Entity& entity) { return entity.Data<Task>(); }
const Task& TaskOf(const Entity& entity) { return entity.Data<Task>(); }

// calc_delta_fair()
int64_t Virtual(int64_t ns, const Task& task) {
  return ns * kNice0Weight / task.weight;
}

// Returns a / b rounded down; b is positive.
int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

Eevdf::Options Eevdf::DefaultOptions(int cpus) {
  Options options;
  options.base_slice_ns *= CpuScale(cpus);
  return options;
}

bool Eevdf::ByDeadline::Update(Entity& entity, const Entity* left,
                               const Entity* right) {
  Task& task = TaskOf(entity);
  const int64_t before = task.min_vruntime;
  task.min_vruntime = task.vruntime;
  for (const Entity* const child : {left, right}) {
    if (child == nullptr) continue;
    task.min_vruntime =
        std::min(task.min_vruntime, TaskOf(*child).min_vruntime);
  }
  return task.min_vruntime != before;
}

int64_t Eevdf::SliceNs(const Entity& entity) const {
  const int64_t own = entity.params.slice_ns;
  return own > 0 ? std::clamp(own, kMinSliceNs, kMaxSliceNs)
                 : options_.base_slice_ns;
}

int64_t Eevdf::VirtualSlice(const Entity& entity) const {
  return Virtual(SliceNs(entity), TaskOf(entity));
}

// ------------------------------------------------------------- the average

void Eevdf::AddToAverage(const Task& task) {
  ++queued_;
  load_ += task.weight;
  sum_ += task.weight * (task.vruntime - zero_vruntime_);
}

void Eevdf::RemoveFromAverage(const Task& task) {
  --queued_;
  load_ -= task.weight;
  sum_ -= task.weight * (task.vruntime - zero_vruntime_);
}

// Advances the v of a queued task that is not in the tree.
void Eevdf::Advance(Task& task, int64_t delta) {
  task.vruntime += delta;
  sum_ += task.weight * delta;
}

// avg_vruntime()
int64_t Eevdf::AverageVruntime() const {
  return zero_vruntime_ + (load_ == 0 ? 0 : FloorDiv(sum_, load_));
}

// update_zero_vruntime(): moves the zero point to V.
void Eevdf::MoveZero() {
  const int64_t delta = AverageVruntime() - zero_vruntime_;
  zero_vruntime_ += delta;
  sum_ -= delta * load_;
}

// vruntime_eligible(): v <= V, multiplied by the load to avoid rounding.
bool Eevdf::IsEligibleAt(int64_t vruntime) const {
  const int64_t key = vruntime - zero_vruntime_;
  int64_t scaled;
  // If the product overflows 64 bits, its sign decides: the sum does fit.
  if (__builtin_mul_overflow(key, load_, &scaled)) return key < 0;
  return scaled <= sum_;
}

bool Eevdf::IsEligible(const Task& task) const {
  return IsEligibleAt(task.vruntime);
}

// --------------------------------------------------------- coming and going

const char* Eevdf::Attach(Entity& entity) {
  entity.Init<Task>().weight = static_cast<int32_t>(WeightOf(entity.params));
  return nullptr;
}

// A task that sleeps, or moves away from here, may still be queued.
void Eevdf::Detach(Entity& entity) {
  if (TaskOf(entity).queued) Leave(entity);
}

// reweight_entity(): the lag and the distance to the deadline stay the same in
// real time.
void Eevdf::ParamsChanged(Entity& entity) {
  Task& task = TaskOf(entity);
  const int32_t weight = static_cast<int32_t>(WeightOf(entity.params));
  const int32_t old_weight = task.weight;
  if (weight == old_weight) return;
  const bool queued = task.queued;
  int64_t to_deadline = 0;
  if (queued) {
    UpdateCurrent();
    SaveLag(entity);
    to_deadline = task.deadline - task.vruntime;
    RemoveFromAverage(task);
    if (&entity != current_) tree_.Remove(entity);
  }
  task.weight = weight;
  task.vlag = task.vlag * old_weight / weight;
  if (queued) {
    Place(entity);
    task.deadline = task.vruntime + to_deadline * old_weight / weight;
    if (&entity != current_) tree_.Insert(entity);
  }
}

// update_curr()
void Eevdf::UpdateCurrent() {
  if (current_ == nullptr) return;
  const int64_t now = host().Now();
  const int64_t ran = now - exec_start_ns_;
  if (ran <= 0) return;
  exec_start_ns_ = now;
  Task& task = TaskOf(*current_);
  Advance(task, Virtual(ran, task));
  MoveZero();
  if (task.vruntime >= task.deadline) {  // update_deadline()
    task.deadline = task.vruntime + VirtualSlice(*current_);
    protected_ = false;
    if (queued_ > 1) need_resched_ = true;
  } else if (!protected_ && !IsEligible(task)) {  // did_preempt_short()
    need_resched_ = true;
  }
}

// update_entity_lag()
void Eevdf::SaveLag(Entity& entity) {
  Task& task = TaskOf(entity);
  const int64_t limit =
      Virtual(std::max(2 * SliceNs(entity), host().TickNs()), task);
  task.vlag = std::clamp(AverageVruntime() - task.vruntime, -limit, limit);
}

// place_entity(): places the task where it has its old lag. The task itself
// moves V, so the distance is more than the lag: v = V - lag * (W + w) / W.
void Eevdf::Place(Entity& entity) {
  Task& task = TaskOf(entity);
  task.vruntime = AverageVruntime();
  if (load_ != 0) {
    task.vruntime -= task.vlag + task.vlag * task.weight / load_;
  }
  task.deadline = task.vruntime + VirtualSlice(entity);
  AddToAverage(task);
  MoveZero();
}

void Eevdf::Enqueue(Entity& entity, EnqueueReason reason) {
  UpdateCurrent();
  Task& task = TaskOf(entity);
  switch (reason) {
    case EnqueueReason::kNew:
      Place(entity);
      task.deadline = task.vruntime + VirtualSlice(entity) / 2;
      task.queued = true;
      break;
    case EnqueueReason::kWoken:
      if (task.sched_delayed) {
        Requeue(entity);
        return;
      }
      Place(entity);
      task.queued = true;
      break;
    case EnqueueReason::kYielded:  // yield_task_fair()
      if (queued_ > 1 && IsEligible(task)) {
        Advance(task, task.deadline - task.vruntime);
        task.deadline += VirtualSlice(entity);
      }
      current_ = nullptr;
      break;
    case EnqueueReason::kPreempted:
      current_ = nullptr;
      break;
  }
  tree_.Insert(entity);
}

// requeue_delayed_entity(): the task was woken before it left the queue. If its
// lag became positive meanwhile, sets it to zero.
void Eevdf::Requeue(Entity& entity) {
  Task& task = TaskOf(entity);
  task.sched_delayed = false;
  SaveLag(entity);
  if (task.vlag <= 0) return;
  tree_.Remove(entity);
  RemoveFromAverage(task);
  task.vlag = 0;
  Place(entity);
  tree_.Insert(entity);
}

// dequeue_entity()
void Eevdf::Dequeue(Entity& entity, DequeueReason reason) {
  UpdateCurrent();
  Task& task = TaskOf(entity);
  if (&entity == current_ && reason == DequeueReason::kBlocked &&
      !IsEligible(task)) {
    task.sched_delayed = true;
    current_ = nullptr;
    tree_.Insert(entity);
    return;
  }
  Leave(entity);
}

void Eevdf::Leave(Entity& entity) {
  Task& task = TaskOf(entity);
  SaveLag(entity);
  if (task.sched_delayed) task.vlag = std::min<int64_t>(task.vlag, 0);
  if (&entity == current_) {
    current_ = nullptr;
  } else {
    tree_.Remove(entity);
  }
  RemoveFromAverage(task);
  MoveZero();
  task.queued = false;
  task.sched_delayed = false;
}

// ------------------------------------------------------------- the decision

// Returns the eligible task of the tree with the earliest deadline; nullptr if
// none is eligible. The answer is in the left subtree if that has an eligible
// task, else it is the node itself if eligible, else it is in the right
// subtree.
Entity* Eevdf::Search() const {
  Entity* const first = tree_.First();
  if (first == nullptr || IsEligible(TaskOf(*first))) return first;
  Entity* at = tree_.root();
  while (at != nullptr) {
    Entity* const left = Tree::Left(*at);
    if (left != nullptr && IsEligibleAt(TaskOf(*left).min_vruntime)) {
      at = left;
    } else if (IsEligible(TaskOf(*at))) {
      break;
    } else {
      at = Tree::Right(*at);
    }
  }
  return at;
}

// pick_eevdf(): the current task competes too.
Entity* Eevdf::Best() const {
  const bool current_may = current_ != nullptr && IsEligible(TaskOf(*current_));
  if (current_may && protected_) return current_;
  Entity* const best = Search();
  if (best == nullptr) return current_;
  return current_may && ByDeadline::Before(*current_, *best) ? current_ : best;
}

Entity* Eevdf::PickNext() {
  need_resched_ = false;
  Entity* next = Search();
  // Asleep, and eligible now: it leaves the queue.
  while (next != nullptr && TaskOf(*next).sched_delayed) {
    Leave(*next);
    next = Search();
  }
  if (next == nullptr) return nullptr;
  tree_.Remove(*next);
  current_ = next;
  protected_ = true;
  exec_start_ns_ = host().Now();
  return next;
}

bool Eevdf::Tick(Entity& /*current*/, int /*ticks*/) {
  UpdateCurrent();
  return need_resched_;
}

void Eevdf::Describe(const Entity& entity, char* buffer, size_t size) const {
  const Task& task = TaskOf(entity);
  const int64_t lag =
      task.queued ? AverageVruntime() - task.vruntime : task.vlag;
  Description(buffer, size)
      << "lag " << lag / 1000 << " us, deadline " << task.deadline / 1000
      << " us, weight " << task.weight;
}

// check_preempt_wakeup_fair()
bool Eevdf::WakeupPreempts(const Entity& current, const Entity& woken) {
  UpdateCurrent();
  if (need_resched_) return true;
  if (IsIdle(current.params) && !IsIdle(woken.params)) {
    protected_ = false;
    return Best() == &woken;
  }
  if (woken.params.sched_class != SchedClass::kNormal) return false;
  const bool shorter = SliceNs(woken) < SliceNs(current);
  if (shorter && IsEligible(TaskOf(woken)) &&
      (ByDeadline::Before(woken, current) || !IsEligible(TaskOf(current)))) {
    protected_ = false;
  }
  return Best() == &woken;
}

}  // namespace jiffy::sched
