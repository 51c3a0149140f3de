#include "runtime/park.h"

#include <cstdint>

#include "runtime/core/current_worker.h"
#include "runtime/core/deadline.h"
#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "sched/entity.h"
#include "signals/race.h"

namespace jiffy {

static_assert(kNoDeadlineNs == internal::kNoDeadline,
              "a park without a deadline is one everywhere");

ThreadRef ThreadRef::Current() { return ThreadRef(internal::CurrentTask()); }

void ThreadRef::Wake() const {
  signals::Released(task_);
  internal::CurrentWorker()->Wake(*task_);
}

void ThreadRef::SetParams(const sched::TaskParams& params) const {
  task_->completion->own_params = params;
  task_->params = params;
  internal::CurrentWorker()->ParamsChanged(*task_);
}

void Park(int64_t deadline_ns) {
  internal::CurrentWorker()->Park(internal::WaitKind::kPark, nullptr,
                                  deadline_ns);
  signals::Acquired(internal::CurrentTask());
}

}  // namespace jiffy
