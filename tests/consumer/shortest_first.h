// Shortest job first: the runnable thread of the lowest `priority`, which its
// owner sets to the expected work, runs until it waits or ends.
#ifndef CONSUMER_SHORTEST_FIRST_H_
#define CONSUMER_SHORTEST_FIRST_H_

#include "sched/registry.h"

namespace consumer {

// Returns the argument of jiffy::sched::RegisterPolicy.
jiffy::sched::PolicyInfo ShortestFirst();

}  // namespace consumer

#endif  // CONSUMER_SHORTEST_FIRST_H_
