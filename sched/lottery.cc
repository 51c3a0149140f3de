#include "sched/lottery.h"

#include <algorithm>
#include <bit>

#include "sched/describe.h"
#include "sched/tickets.h"

namespace jiffy::sched {
namespace {

using Task = Lottery::Task;

constexpr int64_t kMaxCompensation = 1000;

Task& TaskOf(Entity& entity) { return entity.Data<Task>(); }
const Task& TaskOf(const Entity& entity) { return entity.Data<Task>(); }

}  // namespace

void Lottery::Reserve(size_t tasks) { runnable_.Reserve(tasks); }

const char* Lottery::Attach(Entity& entity) {
  // All attached tasks may be runnable at once.
  if (attached_ == runnable_.capacity()) {
    return "the policy has no room for another task: Reserve was not called";
  }
  ++attached_;
  entity.Init<Task>().tickets = TicketsOf(entity.params);
  return nullptr;
}

void Lottery::Detach(Entity& /*entity*/) { --attached_; }

// The task loses its compensation, which was for its old tickets.
void Lottery::ParamsChanged(Entity& entity) {
  Task& task = TaskOf(entity);
  const int64_t change = TicketsOf(entity.params) - task.tickets;
  task.tickets += change;
  if (task.queued) AddAbove(task.index, change);
}

void Lottery::Enqueue(Entity& entity, EnqueueReason reason) {
  if (reason == EnqueueReason::kYielded) Compensate(entity);
  if (&entity == current_) current_ = nullptr;
  Insert(entity);
}

void Lottery::Dequeue(Entity& entity, DequeueReason /*reason*/) {
  if (&entity == current_) {
    Compensate(entity);
    current_ = nullptr;
  } else {
    Remove(entity);
  }
}

// Gives a task that leaves the CPU early extra tickets for the unused part of
// its slice.
void Lottery::Compensate(Entity& entity) {
  if (!options_.compensation) return;
  const int64_t slice_ns =
      entity.params.slice_ns > 0 ? entity.params.slice_ns : options_.slice_ns;
  const int64_t used_ns =
      std::max(host().Now() - slice_start_ns_, slice_ns / kMaxCompensation + 1);
  if (used_ns >= slice_ns) return;
  Task& task = TaskOf(entity);
  // Computes in thousandths so that the product fits in 64 bits.
  task.tickets = task.tickets * (1000 * slice_ns / used_ns) / 1000;
}

Entity* Lottery::PickNext() {
  meter_.Start();
  if (runnable_.empty()) return nullptr;
  // The winning ticket. The order of tickets: those of a place, of its left
  // subtree, of its right subtree.
  int64_t ticket = Draw(Subtree(0));
  size_t index = 0;
  while (ticket >= TaskOf(*runnable_[index]).tickets) {
    ticket -= TaskOf(*runnable_[index]).tickets;
    index = 2 * index + 1;
    if (ticket >= Subtree(index)) {
      ticket -= Subtree(index);
      ++index;
    }
  }
  Entity* const winner = runnable_[index];
  Remove(*winner);
  TaskOf(*winner).tickets = TicketsOf(winner->params);
  current_ = winner;
  if (options_.compensation) slice_start_ns_ = host().Now();
  return winner;
}

bool Lottery::Tick(Entity& current, int ticks) {
  return meter_.Charge(current.params, ticks, host().TickNs());
}

void Lottery::Describe(const Entity& entity, char* buffer, size_t size) const {
  Description(buffer, size) << "tickets " << TaskOf(entity).tickets;
}

// Returns a number below `tickets`, each equally likely.
int64_t Lottery::Draw(int64_t tickets) {
  const int unused_bits = std::countl_zero(static_cast<uint64_t>(tickets));
  int64_t drawn;
  do {
    drawn = static_cast<int64_t>(random_.Next() >> unused_bits);
  } while (drawn >= tickets);
  return drawn;
}

int64_t Lottery::Subtree(size_t index) {
  return index < runnable_.size() ? TaskOf(*runnable_[index]).subtree : 0;
}

// Adds tickets to a place and to all places above it.
void Lottery::AddAbove(size_t index, int64_t tickets) {
  TaskOf(*runnable_[index]).subtree += tickets;
  while (index > 0) {
    index = (index - 1) / 2;
    TaskOf(*runnable_[index]).subtree += tickets;
  }
}

void Lottery::Insert(Entity& entity) {
  Task& task = TaskOf(entity);
  task.index = static_cast<uint32_t>(runnable_.size());
  task.subtree = 0;
  task.queued = true;
  runnable_.PushBack(entity);
  AddAbove(task.index, task.tickets);
}

void Lottery::Remove(Entity& entity) {
  Task& task = TaskOf(entity);
  const size_t last_index = runnable_.size() - 1;
  Entity& last = *runnable_[last_index];
  AddAbove(last_index, -TaskOf(last).tickets);
  runnable_.PopBack();
  task.queued = false;
  if (&last == &entity) return;
  // The last task takes the free place: the order of places has no meaning.
  Task& moved = TaskOf(last);
  AddAbove(task.index, moved.tickets - task.tickets);
  moved.index = task.index;
  moved.subtree = task.subtree;
  runnable_[task.index] = &last;
}

}  // namespace jiffy::sched
