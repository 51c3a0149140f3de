// The sleeping tasks and their wake-up times.
#ifndef JIFFY_SCHED_SIM_WAKEUP_QUEUE_H_
#define JIFFY_SCHED_SIM_WAKEUP_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace jiffy::sched::sim {

struct Task;

// A priority queue ordered by (due time, slot): a heap with four children per
// node. It is half as deep as a binary heap, and siblings share a cache line.
class WakeupQueue {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  struct Wakeup {
    int64_t due_us;
    int slot;
    Task* task;
  };

  // Makes room for `tasks` wake-ups, so that Push does not allocate.
  void Reserve(size_t tasks) {
    if (tasks > heap_.capacity()) heap_.reserve(2 * tasks);
  }

  bool empty() const { return heap_.empty(); }

  // Returns when the first wake-up is due.
  int64_t due_us() const { return heap_.empty() ? kNever : heap_[0].due_us; }

  const Wakeup& top() const { return heap_[0]; }

  void Push(const Wakeup& wakeup) {
    size_t hole = heap_.size();
    heap_.push_back(wakeup);
    while (hole > 0) {
      const size_t parent = (hole - 1) / 4;
      if (!Before(wakeup, heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = wakeup;
  }

  void Pop() {
    const Wakeup last = heap_.back();
    heap_.pop_back();
    const size_t size = heap_.size();
    if (size == 0) return;
    size_t hole = 0;
    for (size_t child = 1; child < size; child = 4 * hole + 1) {
      size_t first = child;
      const size_t end = child + 4 < size ? child + 4 : size;
      for (size_t i = child + 1; i < end; ++i) {
        if (Before(heap_[i], heap_[first])) first = i;
      }
      if (!Before(heap_[first], last)) break;
      heap_[hole] = heap_[first];
      hole = first;
    }
    heap_[hole] = last;
  }

 private:
  static bool Before(const Wakeup& a, const Wakeup& b) {
    return a.due_us != b.due_us ? a.due_us < b.due_us : a.slot < b.slot;
  }

  std::vector<Wakeup> heap_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_WAKEUP_QUEUE_H_
