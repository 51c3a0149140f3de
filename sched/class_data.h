// What the data about a task begins with under a policy that has several
// classes, whichever of them the task is in.
#ifndef JIFFY_SCHED_CLASS_DATA_H_
#define JIFFY_SCHED_CLASS_DATA_H_

#include <cstdint>

#include "sched/entity.h"

namespace jiffy::sched {

struct ClassData {
  // The class that has the task now.
  bool real_time;
  // Of a real-time task: the level that it is queued at, whether it is, whether
  // it takes turns, and the ticks left of its turn.
  uint8_t level;
  bool queued;
  bool round_robin;
  int32_t ticks_left;
};

// For the first member of the data, of whatever type that is.
inline ClassData& ClassDataOf(Entity& entity) {
  return entity.Data<ClassData>();
}
inline const ClassData& ClassDataOf(const Entity& entity) {
  return entity.Data<ClassData>();
}

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_CLASS_DATA_H_
