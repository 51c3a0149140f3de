// What is said of a policy that breaks its contract (sched/scheduler.h).
#ifndef JIFFY_RUNTIME_CORE_POLICY_CHECK_H_
#define JIFFY_RUNTIME_CORE_POLICY_CHECK_H_

#include <string>
#include <string_view>

#include "runtime/core/task.h"
#include "sched/run_list.h"

namespace jiffy::internal {

// Ends the program with a message that names the policy and the thread that it
// chose, which is not runnable. Async-signal-safe.
[[noreturn]] void PanicOnChoice(std::string_view policy, const Task& choice);

// Whether there are runnable threads though the policy chose none, among the
// tasks listed through all_next or in the queue of a policy that only takes
// turns (else nullptr). Context: idle loop; allocates nothing.
bool HasLostThreads(const Task* all, const sched::RunList* queue);

// Returns how many these are, and their names.
std::string DescribeLostThreads(const Task* all, const sched::RunList* queue,
                                std::string_view policy);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_POLICY_CHECK_H_
