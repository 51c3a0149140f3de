#include "runtime/timer_queue.h"

namespace jiffy::internal {

// Links the later of two roots under the earlier, which is returned. At equal
// times the first argument wins.
TimerNode* TimerQueue::Meld(TimerNode* a, TimerNode* b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  if (b->due_ns < a->due_ns) {
    TimerNode* swap = a;
    a = b;
    b = swap;
  }
  b->next = a->child;
  if (b->next != nullptr) b->next->prev = b;
  b->prev = a;
  a->child = b;
  a->next = nullptr;
  return a;
}

// Melds a list of siblings into one: pairs from left to right, then the pairs
// from right to left.
TimerNode* TimerQueue::MeldSiblings(TimerNode* first) {
  TimerNode* pairs = nullptr;  // A stack through `next`.
  while (first != nullptr) {
    TimerNode* a = first;
    TimerNode* b = a->next;
    first = b == nullptr ? nullptr : b->next;
    a->next = nullptr;
    if (b != nullptr) b->next = nullptr;
    TimerNode* pair = Meld(a, b);
    pair->next = pairs;
    pairs = pair;
  }
  TimerNode* result = nullptr;
  while (pairs != nullptr) {
    TimerNode* pair = pairs;
    pairs = pairs->next;
    pair->next = nullptr;
    result = Meld(result, pair);
  }
  return result;
}

void TimerQueue::Add(TimerNode* node) {
  node->child = nullptr;
  node->next = nullptr;
  root_ = Meld(root_, node);
  root_->prev = root_;
}

void TimerQueue::Remove(TimerNode* node) {
  if (node != root_) {
    if (node->prev->child == node) {
      node->prev->child = node->next;
    } else {
      node->prev->next = node->next;
    }
    if (node->next != nullptr) node->next->prev = node->prev;
    root_ = Meld(root_, MeldSiblings(node->child));
  } else {
    root_ = MeldSiblings(node->child);
  }
  if (root_ != nullptr) root_->prev = root_;
  node->child = nullptr;
  node->next = nullptr;
  node->prev = nullptr;
}

}  // namespace jiffy::internal
