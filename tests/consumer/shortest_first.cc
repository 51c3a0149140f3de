#include "shortest_first.h"

#include <memory>
#include <string_view>

#include "sched/registry.h"
#include "sched/scheduler.h"

namespace consumer {
namespace {

using jiffy::sched::DequeueReason;
using jiffy::sched::EnqueueReason;
using jiffy::sched::Entity;
using jiffy::sched::PolicyConfig;
using jiffy::sched::Scheduler;

class ShortestFirstScheduler final : public Scheduler {
 public:
  std::string_view name() const override { return "shortest-first"; }

  // Keeps the list sorted; equal ones in order of arrival.
  void Enqueue(Entity& entity, EnqueueReason) override {
    Entity** at = &first_;
    while (*at != nullptr && (*at)->params.priority <= entity.params.priority) {
      at = &(*at)->next;
    }
    entity.next = *at;
    *at = &entity;
  }

  // A task that blocks or ends is current, and so in no list; one that moves to
  // another CPU is removed.
  void Dequeue(Entity& entity, DequeueReason) override {
    for (Entity** at = &first_; *at != nullptr; at = &(*at)->next) {
      if (*at == &entity) {
        *at = entity.next;
        return;
      }
    }
  }

  Entity* PickNext() override {
    Entity* next = first_;
    if (next != nullptr) first_ = next->next;
    return next;
  }

  bool Tick(Entity&, int) override { return false; }

 private:
  Entity* first_ = nullptr;
};

}  // namespace

jiffy::sched::PolicyInfo ShortestFirst() {
  return {.name = "shortest-first",
          .description = "the thread that expects the least work runs first",
          .factory = [](const PolicyConfig&) {
            return std::make_unique<ShortestFirstScheduler>();
          }};
}

}  // namespace consumer
