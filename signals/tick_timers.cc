#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "signals/tick.h"

namespace jiffy::signals {

CpuTimers::Refusal CpuTimers::Create(int signal) {
  const auto create = [&](timer_t* timer) {
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    event.sigev_value.sival_ptr = timer;
    return timer_create(CLOCK_MONOTONIC, &event, timer) == 0 ? 0 : errno;
  };
  if (const int error = create(&tick_); error != 0) {
    return {"timer_create", error};
  }
  if (const int error = create(&wakeup_); error != 0) {
    timer_delete(tick_);
    return {"timer_create", error};
  }
  if (const int error = create(&defer_); error != 0) {
    timer_delete(tick_);
    timer_delete(wakeup_);
    return {"timer_create", error};
  }
  created_ = true;
  const itimerspec off = {};
  if (timer_settime(tick_, 0, &off, nullptr) != 0) {
    const int error = errno;
    Delete();
    return {"timer_settime", error};
  }
  return {};
}

void CpuTimers::Delete() {
  if (!created_) return;
  timer_delete(tick_);
  timer_delete(wakeup_);
  timer_delete(defer_);
  created_ = false;
}

bool CpuTimers::StartTick(int64_t period_ns, int64_t now_ns) {
  if (!created_) return true;
  if (grid_ns_ < 0) grid_ns_ = now_ns;
  period_ns_ = period_ns;
  runs_ = true;
  const int64_t first =
      grid_ns_ + (GridTicks(period_ns, now_ns) + 1) * period_ns;
  itimerspec spec;
  spec.it_interval = ToTimespec(period_ns);
  spec.it_value = ToTimespec(first);
  return timer_settime(tick_, TIMER_ABSTIME, &spec, nullptr) == 0;
}

void CpuTimers::StopTick() {
  if (!created_) return;
  runs_ = false;
  const itimerspec off = {};
  timer_settime(tick_, 0, &off, nullptr);
}

}  // namespace jiffy::signals
