#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/core/completion.h"
#include "runtime/core/policy_check.h"
#include "runtime/core/task.h"
#include "runtime/core/unstarted.h"
#include "runtime/debug/report.h"
#include "sched/entity.h"
#include "sched/run_list.h"

namespace jiffy::internal {

bool HasLostThreads(const Task* all, const sched::RunList* queue) {
  if (queue != nullptr && !queue->empty()) return true;
  while (all != nullptr && all->state != TaskState::kRunnable) {
    all = all->all_next;
  }
  return all != nullptr;
}

std::string DescribeLostThreads(const Task* all, const sched::RunList* queue,
                                std::string_view policy) {
  // Enough to see what is wrong; a run may have a million threads.
  constexpr uint64_t kMostNamed = 20;
  uint64_t lost = 0;
  std::string names;
  const auto add = [&](const Completion& completion) {
    if (++lost > kMostNamed) return;
    absl::StrAppend(&names, lost == 1 ? "" : ", ", Described(completion));
  };
  for (const Task* task = all; task != nullptr; task = task->all_next) {
    if (task->state == TaskState::kRunnable) add(*task->completion);
  }
  if (queue != nullptr) {
    for (sched::Entity* at = queue->front(); at != nullptr; at = at->next) {
      if (IsUnstarted(*at)) add(*Completion::Of(UnstartedOf(at)));
    }
  }
  if (lost > kMostNamed) {
    absl::StrAppend(&names, " and ", lost - kMostNamed, " more");
  }
  return absl::StrCat(
      "the scheduler '", absl::string_view(policy.data(), policy.size()),
      "' has ", lost, lost == 1 ? " runnable thread" : " runnable threads",
      " that it does not give: ", names,
      " (its PickNext() returned none, its NextIdleEvent() never)");
}

}  // namespace jiffy::internal
