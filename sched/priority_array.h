// A run queue with a fixed number of priority levels.
#ifndef JIFFY_SCHED_PRIORITY_ARRAY_H_
#define JIFFY_SCHED_PRIORITY_ARRAY_H_

#include <bit>
#include <cstdint>

#include "sched/entity.h"
#include "sched/run_list.h"

namespace jiffy::sched {

// A FIFO list for each of `kLevels` levels, and a bitmap of the levels that
// hold a task. One find-first-set per word finds the first level in use, so the
// cost of each operation does not depend on the number of tasks. Level 0 comes
// first.
//
// Source: struct prio_array in Linux 2.6.12's kernel/sched.c.
template <int kLevels>
class PriorityArray {
 public:
  PriorityArray() = default;
  PriorityArray(const PriorityArray&) = delete;
  PriorityArray& operator=(const PriorityArray&) = delete;

  bool empty() const { return First() == nullptr; }

  // Returns the first task of the first level in use, which stays in the
  // array; nullptr if there is none.
  Entity* First() const {
    const int level = FirstLevel();
    return level == kLevels ? nullptr : lists_[level].front();
  }

  // Returns the first level that holds a task; kLevels if none does.
  int FirstLevel() const {
    for (int word = 0; word < kWords; ++word) {
      if (bitmap_[word] != 0) {
        return word * kWordBits + std::countr_zero(bitmap_[word]);
      }
    }
    return kLevels;
  }

  // Puts a task that is in no list behind (or before) all others of `level`.
  void PushBack(Entity& entity, int level) {
    lists_[level].PushBack(entity);
    Mark(level);
  }
  void PushFront(Entity& entity, int level) {
    lists_[level].PushFront(entity);
    Mark(level);
  }

  // Removes a task from its level, which must be `level`.
  void Remove(Entity& entity, int level) {
    lists_[level].Remove(entity);
    if (lists_[level].empty()) {
      bitmap_[level / kWordBits] &= ~(uint64_t{1} << (level % kWordBits));
    }
  }

 private:
  static constexpr int kWordBits = 64;
  static constexpr int kWords = (kLevels + kWordBits - 1) / kWordBits;

  void Mark(int level) {
    bitmap_[level / kWordBits] |= uint64_t{1} << (level % kWordBits);
  }

  uint64_t bitmap_[kWords] = {};
  RunList lists_[kLevels];
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_PRIORITY_ARRAY_H_
