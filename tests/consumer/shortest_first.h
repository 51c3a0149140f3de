// Shortest job first: the runnable thread with the least `priority`, which its
// owner sets to how much work it expects, runs until it waits or ends.
#ifndef CONSUMER_SHORTEST_FIRST_H_
#define CONSUMER_SHORTEST_FIRST_H_

#include "sched/registry.h"

namespace consumer {

// Returns what jiffy::sched::RegisterPolicy wants.
jiffy::sched::PolicyInfo ShortestFirst();

}  // namespace consumer

#endif  // CONSUMER_SHORTEST_FIRST_H_
