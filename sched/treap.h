// A sorted run queue threaded through the tasks themselves.
#ifndef JIFFY_SCHED_TREAP_H_
#define JIFFY_SCHED_TREAP_H_

#include <cstdint>

#include "sched/entity.h"
#include "sched/splitmix64.h"

namespace jiffy::sched {

// A Treap's data about a task, a member of the policy's data; the children are
// Entity::prev (left) and Entity::next (right).
struct TreapLinks {
  Entity* parent = nullptr;
  uint64_t rank = 0;
};

// A binary search tree balanced by random ranks: sorted by key from left to
// right, by rank from the root down. Insert and Remove take O(log n) steps on
// average for any keys, First() one step. Nothing allocates. Tasks of equal
// keys stay in insertion order.
//
// `Traits` defines the links and the order:
//
//   static TreapLinks& Links(Entity& entity);
//   static bool Before(const Entity& a, const Entity& b);
//
// and, if nodes store something about their subtree (such as the smallest of
// some value):
//
//   // Computes it from the children; either may be nullptr. Returns whether it
//   // changed.
//   static bool Update(Entity& entity, const Entity* left,
//                      const Entity* right);
//
// A task's key must not change while the tree holds it.
//
// Source: Seidel and Aragon, "Randomized Search Trees", Algorithmica 16, 1996.
// The ranks come from a generator of fixed seed, so the same insertions build
// the same tree. (A red-black tree, which Linux uses, would bound the worst
// case, at three times the code.)
template <typename Traits>
class Treap {
 public:
  Treap() = default;
  Treap(const Treap&) = delete;
  Treap& operator=(const Treap&) = delete;

  bool empty() const { return root_ == nullptr; }

  // Returns the task with the smallest key; nullptr if there is none.
  Entity* First() const { return first_; }

  // Returns the task after `entity`, which the tree holds; nullptr if none.
  static Entity* Next(Entity& entity) {
    if (entity.next != nullptr) return Leftmost(entity.next);
    Entity* at = &entity;
    Entity* parent = Parent(*at);
    while (parent != nullptr && parent->next == at) {
      at = parent;
      parent = Parent(*at);
    }
    return parent;
  }

  // The tree's shape, for searches by the values that Update maintains.
  Entity* root() const { return root_; }
  static Entity* Left(const Entity& entity) { return entity.prev; }
  static Entity* Right(const Entity& entity) { return entity.next; }

  // Adds a task that is in no tree.
  void Insert(Entity& entity) {
    Entity* parent = nullptr;
    Entity** link = &root_;
    bool is_first = true;
    while (*link != nullptr) {
      parent = *link;
      if (Traits::Before(entity, *parent)) {
        link = &parent->prev;
      } else {
        link = &parent->next;
        is_first = false;
      }
    }
    *link = &entity;
    entity.prev = nullptr;
    entity.next = nullptr;
    Traits::Links(entity) = {.parent = parent, .rank = random_.Next()};
    if (is_first) first_ = &entity;

    Refresh(entity);
    while (Parent(entity) != nullptr && Rank(*Parent(entity)) < Rank(entity)) {
      RotateUp(entity);
    }
    RefreshFrom(Parent(entity));
  }

  // Removes a task that the tree holds.
  void Remove(Entity& entity) {
    if (first_ == &entity) first_ = Next(entity);
    while (entity.prev != nullptr && entity.next != nullptr) {
      RotateUp(Rank(*entity.prev) > Rank(*entity.next) ? *entity.prev
                                                       : *entity.next);
    }
    Entity* const child = entity.prev != nullptr ? entity.prev : entity.next;
    Entity* const parent = Parent(entity);
    LinkTo(entity) = child;
    if (child != nullptr) Traits::Links(*child).parent = parent;
    RefreshFrom(parent);
  }

 private:
  static Entity* Parent(Entity& entity) { return Traits::Links(entity).parent; }
  static uint64_t Rank(Entity& entity) { return Traits::Links(entity).rank; }

  static Entity* Leftmost(Entity* at) {
    while (at->prev != nullptr) at = at->prev;
    return at;
  }

  // Returns the pointer in the tree that points to `entity`.
  Entity*& LinkTo(Entity& entity) {
    Entity* const parent = Parent(entity);
    if (parent == nullptr) return root_;
    return parent->prev == &entity ? parent->prev : parent->next;
  }

  // Exchanges a task with its parent; keeps the order of keys.
  void RotateUp(Entity& entity) {
    Entity& parent = *Parent(entity);
    LinkTo(parent) = &entity;
    Entity* moved;
    if (parent.prev == &entity) {
      moved = parent.prev = entity.next;
      entity.next = &parent;
    } else {
      moved = parent.next = entity.prev;
      entity.prev = &parent;
    }
    if (moved != nullptr) Traits::Links(*moved).parent = &parent;
    Traits::Links(entity).parent = Parent(parent);
    Traits::Links(parent).parent = &entity;
    Refresh(parent);
    Refresh(entity);
  }

  // Recomputes what a node stores about its subtree.
  static bool Refresh(Entity& entity) {
    if constexpr (requires { Traits::Update(entity, nullptr, nullptr); }) {
      return Traits::Update(entity, entity.prev, entity.next);
    }
    return false;
  }
  // The same for `entity` and the nodes above it.
  static void RefreshFrom(Entity* entity) {
    while (entity != nullptr && Refresh(*entity)) entity = Parent(*entity);
  }

  Entity* root_ = nullptr;
  Entity* first_ = nullptr;
  SplitMix64 random_{1};
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_TREAP_H_
