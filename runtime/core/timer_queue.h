// Timers ordered by due time: an intrusive red-black tree, so nothing
// allocates.
//
// Add and Remove run with preemption off, so they take O(log n) steps in the
// worst case, not only on average. Adding the first or last timer and finding
// the first need no search. Timers that are due at the same time keep the order
// in which they were added.
//
// Source: R. Bayer, "Symmetric binary B-Trees: Data structure and maintenance
// algorithms", Acta Informatica 1 (1972); L. Guibas, R. Sedgewick, "A
// dichromatic framework for balanced trees", FOCS 1978.
#ifndef JIFFY_RUNTIME_CORE_TIMER_QUEUE_H_
#define JIFFY_RUNTIME_CORE_TIMER_QUEUE_H_

#include <cstdint>

namespace jiffy::internal {

// A timer, embedded in the object that it wakes.
struct TimerNode {
  int64_t due_ns = 0;
  // While queued: the children, those due earlier first; and the parent's
  // address, with the flags of TimerQueue in its lowest bits.
  TimerNode* child[2] = {nullptr, nullptr};
  uintptr_t parent = 0;

  // Called when the timer is due; nullptr wakes the task of a SleepTimer.
  // Returns false to be called again a little later. Context: handler.
  bool (*expire)(TimerNode* node) = nullptr;

  bool queued() const { return parent != 0; }
};

// Context: preemption off; the handler changes the queue too.
class TimerQueue {
 public:
  bool empty() const { return root_ == nullptr; }
  // Returns the timer that is due first, or nullptr.
  TimerNode* first() const { return first_; }

  // Adds a timer that is not queued.
  void Add(TimerNode* node);
  // Removes a queued timer.
  void Remove(TimerNode* node);

 private:
  // Checks the tree's shape in the test.
  friend class TimerQueueShape;

  // Flags in TimerNode::parent. Every queued timer has kQueued, so the word is
  // not zero even in the root, which has no parent.
  static constexpr uintptr_t kQueued = 1;
  static constexpr uintptr_t kRed = 2;
  static_assert(alignof(TimerNode) > (kQueued | kRed),
                "the flags fit below a TimerNode's address");

  static TimerNode* Parent(const TimerNode* node) {
    return reinterpret_cast<TimerNode*>(node->parent & ~(kQueued | kRed));
  }
  static bool IsRed(const TimerNode* node) {
    return node != nullptr && (node->parent & kRed) != 0;
  }
  static void SetParent(TimerNode* node, TimerNode* parent);
  static void SetRed(TimerNode* node);
  static void SetBlack(TimerNode* node);
  // Makes `child`, which may be nullptr, a child of `parent`.
  static void Link(TimerNode* parent, int side, TimerNode* child);

  // Puts `with`, which may be nullptr, in the place of `node`.
  void Replace(TimerNode* node, TimerNode* with);
  // Rotates `node` down to `side`: its child on the other side becomes its
  // parent.
  void Rotate(TimerNode* node, int side);
  // Restore the colours. FixRed: `node` is red, and its parent may be too.
  // FixBlack: the paths through `child`, which may be nullptr, have one black
  // node less than others.
  void FixRed(TimerNode* node);
  void FixBlack(TimerNode* parent, TimerNode* child);

  TimerNode* root_ = nullptr;
  // The timers due first and last.
  TimerNode* first_ = nullptr;
  TimerNode* last_ = nullptr;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_TIMER_QUEUE_H_
