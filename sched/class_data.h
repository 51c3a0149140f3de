// Common head of the per-task data of a policy with several classes, for tasks
// of every class.
#ifndef JIFFY_SCHED_CLASS_DATA_H_
#define JIFFY_SCHED_CLASS_DATA_H_

#include <cstdint>

#include "sched/entity.h"

namespace jiffy::sched {

struct ClassData {
  // Whether the task is now in a real-time class.
  bool real_time;
  // For a real-time task: its level in the queue, whether it is queued, whether
  // it is SCHED_RR, and the ticks left of its turn.
  uint8_t level;
  bool queued;
  bool round_robin;
  int32_t ticks_left;
};

// Returns the first member of the task's data, whatever type the data has.
inline ClassData& ClassDataOf(Entity& entity) {
  return entity.Data<ClassData>();
}
inline const ClassData& ClassDataOf(const Entity& entity) {
  return entity.Data<ClassData>();
}

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_CLASS_DATA_H_
