// Sleepers by the time they are due: a pairing heap that runs through the
// control blocks, so that arming, cancelling and expiring allocate nothing.
//
// Source: Fredman, Sedgewick, Sleator, Tarjan, "The pairing heap: a new form of
// self-adjusting heap", Algorithmica 1 (1986); two-pass variant. Arming is
// constant time, cancelling and expiring amortised logarithmic.
#ifndef JIFFY_RUNTIME_TIMER_QUEUE_H_
#define JIFFY_RUNTIME_TIMER_QUEUE_H_

#include <cstdint>

namespace jiffy::internal {

// A timer, part of whatever it wakes.
struct TimerNode {
  int64_t due_ns = 0;
  // While queued: leftmost child; right sibling; left sibling, or the parent
  // of a leftmost child, or the node itself at the root.
  TimerNode* child = nullptr;
  TimerNode* next = nullptr;
  TimerNode* prev = nullptr;

  // What it does when it is due; nullptr wakes the task of a SleepTimer.
  // Context: handler. Returns false to be called again a little later.
  bool (*expire)(TimerNode* node) = nullptr;

  bool queued() const { return prev != nullptr; }
};

// Context: with preemption off; the handler walks it too.
class TimerQueue {
 public:
  bool empty() const { return root_ == nullptr; }
  // Returns the timer that is due first, or nullptr.
  TimerNode* first() const { return root_; }

  // Adds a timer that is not queued.
  void Add(TimerNode* node);
  // Removes a queued timer.
  void Remove(TimerNode* node);

 private:
  static TimerNode* Meld(TimerNode* a, TimerNode* b);
  static TimerNode* MeldSiblings(TimerNode* first);

  TimerNode* root_ = nullptr;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_TIMER_QUEUE_H_
