// An array of tasks that grows without ever moving.
#ifndef JIFFY_SCHED_ENTITY_ARRAY_H_
#define JIFFY_SCHED_ENTITY_ARRAY_H_

#include <atomic>
#include <bit>
#include <cstddef>

#include "sched/entity.h"

namespace jiffy::sched {

// An array of Entity*, for policies whose run queue is indexed: a heap, a
// random pick.
//
// A policy's queue changes in signal handlers and so may not allocate; the
// room is made beforehand, with preemption on, while the queue is in use. So
// the array never moves: it is a table of chunks, each twice the size of the
// one before, and growing it means to publish one more chunk.
//
// Reserve may be called at any time, also by several contexts at once. All else
// is for one context at a time, allocates nothing and is safe in a signal
// handler; that is why it is inline, away from Reserve's file.
class EntityArray {
 public:
  EntityArray() = default;
  ~EntityArray();
  EntityArray(const EntityArray&) = delete;
  EntityArray& operator=(const EntityArray&) = delete;

  // Makes room for `count` tasks in all.
  // Context: anywhere but signal handlers, preemption on (it allocates).
  // Errors: throws std::bad_alloc; the array stays as it was or is larger.
  void Reserve(size_t count);

  // Returns the number of tasks that there is room for.
  size_t capacity() const {
    size_t room = 0;
    for (int k = 0; k < kChunks; ++k) {
      if (chunks_[k].load(std::memory_order_acquire) == nullptr) break;
      room += kFirstChunk << k;
    }
    return room;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Returns the place of task `index`, which is below size().
  Entity*& operator[](size_t index) {
    // With the first chunk's size added, a chunk's first index is a power of
    // two: its exponent is the chunk, the rest the place within.
    const size_t biased = index + kFirstChunk;
    const size_t first = std::bit_floor(biased);
    Entity** const chunk =
        chunks_[std::countr_zero(first) - kFirstChunkLog].load(
            std::memory_order_acquire);
    return chunk[biased - first];
  }

  // Appends a task. Needs size() < capacity(): policies refuse, in
  // Scheduler::Attach, the task that would have no room.
  void PushBack(Entity& entity) { (*this)[size_++] = &entity; }

  // Drops the last task of an array that is not empty.
  void PopBack() { --size_; }

 private:
  static constexpr int kFirstChunkLog = 6;
  static constexpr size_t kFirstChunk = size_t{1} << kFirstChunkLog;
  // The last chunk would hold 2^30 tasks.
  static constexpr int kChunks = 25;

  size_t size_ = 0;
  // Published in order, never withdrawn.
  std::atomic<Entity**> chunks_[kChunks] = {};
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_ENTITY_ARRAY_H_
