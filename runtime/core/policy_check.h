// Reports policies that break their contract (sched/scheduler.h).
#ifndef JIFFY_RUNTIME_CORE_POLICY_CHECK_H_
#define JIFFY_RUNTIME_CORE_POLICY_CHECK_H_

#include <string>
#include <string_view>

#include "runtime/core/task.h"
#include "sched/run_list.h"

namespace jiffy::internal {

// Aborts with a message that names the policy and its choice, a thread that is
// not runnable. Async-signal-safe.
[[noreturn]] void PanicOnChoice(std::string_view policy, const Task& choice);

// Returns whether there are runnable threads although the policy chose none.
// Looks at the tasks linked by all_next, and at `queue` if the policy only
// takes turns (else nullptr). Context: idle loop; allocates nothing.
bool HasLostThreads(const Task* all, const sched::RunList* queue);

// Returns the number and the names of these threads.
std::string DescribeLostThreads(const Task* all, const sched::RunList* queue,
                                std::string_view policy);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_POLICY_CHECK_H_
