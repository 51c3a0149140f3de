// Parents and children, for policies in which a child's unused time returns to
// its parent.
#ifndef JIFFY_SCHED_FAMILY_H_
#define JIFFY_SCHED_FAMILY_H_

#include "sched/entity.h"

namespace jiffy::sched {

// The parent of a task, and the list of its children. Part of the policy's data
// about each task.
struct FamilyLinks {
  Entity* parent = nullptr;
  Entity* first_child = nullptr;
  Entity* next_sibling = nullptr;
  Entity* prev_sibling = nullptr;
};

// Works on the member `family`, a FamilyLinks, of the policy's data type
// `Task`.
template <typename Task>
class Family {
 public:
  static void Adopt(Entity& parent, Entity& child) {
    FamilyLinks& of_parent = LinksOf(parent);
    FamilyLinks& of_child = LinksOf(child);
    of_child.parent = &parent;
    of_child.next_sibling = of_parent.first_child;
    if (of_parent.first_child != nullptr) {
      LinksOf(*of_parent.first_child).prev_sibling = &child;
    }
    of_parent.first_child = &child;
  }

  // Removes a task that goes away from its family. Its children become orphans.
  static void Remove(Entity& entity) {
    FamilyLinks& links = LinksOf(entity);
    for (Entity* child = links.first_child; child != nullptr;) {
      FamilyLinks& orphan = LinksOf(*child);
      child = orphan.next_sibling;
      orphan.parent = orphan.next_sibling = orphan.prev_sibling = nullptr;
    }
    if (links.parent == nullptr) return;
    if (links.prev_sibling == nullptr) {
      LinksOf(*links.parent).first_child = links.next_sibling;
    } else {
      LinksOf(*links.prev_sibling).next_sibling = links.next_sibling;
    }
    if (links.next_sibling != nullptr) {
      LinksOf(*links.next_sibling).prev_sibling = links.prev_sibling;
    }
  }

 private:
  static FamilyLinks& LinksOf(Entity& entity) {
    return entity.Data<Task>().family;
  }
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_FAMILY_H_
