#include "runtime/core/timer_queue.h"

#include <cstdint>

namespace jiffy::internal {

// Keeps the colour.
inline void TimerQueue::SetParent(TimerNode* node, TimerNode* parent) {
  node->parent =
      reinterpret_cast<uintptr_t>(parent) | (node->parent & (kQueued | kRed));
}

inline void TimerQueue::SetRed(TimerNode* node) { node->parent |= kRed; }

inline void TimerQueue::SetBlack(TimerNode* node) { node->parent &= ~kRed; }

inline void TimerQueue::Link(TimerNode* parent, int side, TimerNode* child) {
  parent->child[side] = child;
  if (child != nullptr) SetParent(child, parent);
}

inline void TimerQueue::Replace(TimerNode* node, TimerNode* with) {
  TimerNode* parent = Parent(node);
  if (with != nullptr) SetParent(with, parent);
  if (parent == nullptr) {
    root_ = with;
  } else {
    parent->child[parent->child[1] == node ? 1 : 0] = with;
  }
}

inline void TimerQueue::Rotate(TimerNode* node, int side) {
  TimerNode* up = node->child[1 - side];
  Replace(node, up);
  Link(node, 1 - side, up->child[side]);
  Link(up, side, node);
}

void TimerQueue::Add(TimerNode* node) {
  node->child[0] = nullptr;
  node->child[1] = nullptr;
  if (root_ == nullptr) {
    node->parent = kQueued;
    root_ = first_ = last_ = node;
    return;
  }
  // Most timers are due after all others, or before all others.
  TimerNode* parent;
  int side;
  if (node->due_ns >= last_->due_ns) {
    parent = last_;
    side = 1;
    last_ = node;
  } else if (node->due_ns < first_->due_ns) {
    parent = first_;
    side = 0;
    first_ = node;
  } else {
    TimerNode* at = root_;
    do {
      parent = at;
      side = node->due_ns < at->due_ns ? 0 : 1;
      at = at->child[side];
    } while (at != nullptr);
  }
  parent->child[side] = node;
  node->parent = reinterpret_cast<uintptr_t>(parent) | kQueued | kRed;
  FixRed(node);
}

void TimerQueue::FixRed(TimerNode* node) {
  TimerNode* parent;
  while (IsRed(parent = Parent(node))) {
    // `parent` is red, so it is not the root, which is black.
    TimerNode* grandparent = Parent(parent);
    const int side = grandparent->child[1] == parent ? 1 : 0;
    TimerNode* uncle = grandparent->child[1 - side];
    if (IsRed(uncle)) {
      SetBlack(parent);
      SetBlack(uncle);
      SetRed(grandparent);
      node = grandparent;
      continue;
    }
    if (parent->child[1 - side] == node) {
      Rotate(parent, side);
      parent = node;
    }
    SetBlack(parent);
    SetRed(grandparent);
    Rotate(grandparent, 1 - side);
    break;
  }
  SetBlack(root_);
}

void TimerQueue::Remove(TimerNode* node) {
  TimerNode* const left = node->child[0];
  TimerNode* const right = node->child[1];
  // The first and last timer have at most one child, a leaf.
  if (first_ == node) first_ = right != nullptr ? right : Parent(node);
  if (last_ == node) last_ = left != nullptr ? left : Parent(node);

  // The place from which a node is missing now, and whether it was red.
  TimerNode* parent;
  TimerNode* child;
  bool was_red;
  if (left != nullptr && right != nullptr) {
    // The next timer takes its place and its colour.
    TimerNode* heir = right;
    while (heir->child[0] != nullptr) heir = heir->child[0];
    was_red = IsRed(heir);
    child = heir->child[1];
    parent = heir;
    if (heir != right) {
      parent = Parent(heir);
      Link(parent, 0, child);
      Link(heir, 1, right);
    }
    Link(heir, 0, left);
    heir->parent = node->parent;
    Replace(node, heir);
  } else {
    child = left != nullptr ? left : right;
    parent = Parent(node);
    was_red = IsRed(node);
    Replace(node, child);
  }
  if (!was_red) FixBlack(parent, child);
  node->child[0] = nullptr;
  node->child[1] = nullptr;
  node->parent = 0;
}

void TimerQueue::FixBlack(TimerNode* parent, TimerNode* child) {
  while (parent != nullptr && !IsRed(child)) {
    const int side = parent->child[1] == child ? 1 : 0;
    // Paths through the sibling have one black node more, so it exists.
    TimerNode* sibling = parent->child[1 - side];
    if (IsRed(sibling)) {
      SetBlack(sibling);
      SetRed(parent);
      Rotate(parent, side);
      sibling = parent->child[1 - side];
    }
    TimerNode* const near = sibling->child[side];
    TimerNode* far = sibling->child[1 - side];
    if (!IsRed(near) && !IsRed(far)) {
      SetRed(sibling);
      child = parent;
      parent = Parent(child);
      continue;
    }
    if (!IsRed(far)) {
      SetBlack(near);
      SetRed(sibling);
      Rotate(sibling, 1 - side);
      far = sibling;
      sibling = near;
    }
    if (IsRed(parent)) {
      SetRed(sibling);
    } else {
      SetBlack(sibling);
    }
    SetBlack(parent);
    SetBlack(far);
    Rotate(parent, side);
    return;
  }
  if (child != nullptr) SetBlack(child);
}

}  // namespace jiffy::internal
