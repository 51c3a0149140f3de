// An array of tasks that grows without moving.
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
// Signal handlers change a policy's queue, so changes must not allocate.
// Reserve makes room beforehand, with preemption on, while the queue is in use.
// So the array must never move: it is a table of chunks, each twice the size of
// the previous one, and it grows by publishing one more chunk.
//
// Reserve may be called at any time, also by several contexts at once. All
// other methods are for one context at a time, allocate nothing and are safe in
// signal handlers; so they are inline, apart from Reserve's file.
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

  // Returns the number of tasks that fit.
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

  // Returns the slot of task `index`, which is below size().
  Entity*& operator[](size_t index) {
    // After adding the first chunk's size, each chunk starts at a power of two:
    // the exponent gives the chunk, the rest the position in it.
    const size_t biased = index + kFirstChunk;
    const size_t first = std::bit_floor(biased);
    Entity** const chunk =
        chunks_[std::countr_zero(first) - kFirstChunkLog].load(
            std::memory_order_acquire);
    return chunk[biased - first];
  }

  // Appends a task. Requires size() < capacity(): in Scheduler::Attach,
  // policies refuse a task that would have no room.
  void PushBack(Entity& entity) { (*this)[size_++] = &entity; }

  // Removes the last task. The array must not be empty.
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
