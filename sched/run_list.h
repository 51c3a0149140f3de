// A first-in, first-out run queue threaded through the tasks themselves.
#ifndef JIFFY_SCHED_RUN_LIST_H_
#define JIFFY_SCHED_RUN_LIST_H_

#include "sched/entity.h"

namespace jiffy::sched {

// A doubly linked list over Entity::next and Entity::prev. Every operation is
// O(1), allocates nothing and accesses only the task itself, the head and the
// tail; only Remove accesses the neighbours.
//
// The head's `prev` and an empty list's tail are stale on purpose, and nothing
// here reads them: to keep them right, PopFront would have to write to the
// second task, in a cache line that is not needed yet.
//
// There is no size(): a count would cost every switch a write.
class RunList {
 public:
  RunList() = default;
  RunList(const RunList&) = delete;
  RunList& operator=(const RunList&) = delete;

  bool empty() const { return head_ == nullptr; }

  // Returns the first task, which stays in the list; nullptr if there is none.
  Entity* front() const { return head_; }

  // Appends a task that is in no list.
  void PushBack(Entity& entity) {
    entity.next = nullptr;
    entity.prev = tail_;
    if (head_ == nullptr) {
      head_ = &entity;
    } else {
      tail_->next = &entity;
    }
    tail_ = &entity;
  }

  // Puts a task that is in no list before all others.
  void PushFront(Entity& entity) {
    entity.next = head_;
    if (head_ == nullptr) {
      tail_ = &entity;
    } else {
      head_->prev = &entity;
    }
    head_ = &entity;
  }

  // Removes and returns the first task; nullptr if there is none.
  Entity* PopFront() {
    Entity* const first = head_;
    if (first != nullptr) head_ = first->next;
    return first;
  }

  // Does PushBack(entity) and PopFront() in one step.
  Entity* Rotate(Entity& entity) {
    Entity* const first = head_;
    if (first == nullptr) return &entity;
    RotateFirst(entity, *first);
    return first;
  }
  // The same for a caller that knows the first task.
  void RotateFirst(Entity& entity, Entity& first) {
    entity.next = nullptr;
    entity.prev = tail_;
    tail_->next = &entity;
    tail_ = &entity;
    // Must come last: if `first` was the only task, its next is now `entity`.
    head_ = first.next;
  }

  // Removes a task from the list, which must hold it.
  void Remove(Entity& entity) {
    if (&entity == head_) {
      head_ = entity.next;
      return;
    }
    entity.prev->next = entity.next;
    if (&entity == tail_) {
      tail_ = entity.prev;
    } else {
      entity.next->prev = entity.prev;
    }
  }

 private:
  Entity* head_ = nullptr;
  Entity* tail_ = nullptr;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_RUN_LIST_H_
