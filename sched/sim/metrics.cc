#include "sched/sim/metrics.h"

#include <algorithm>
#include <cstdint>

namespace jiffy::sched::sim {

void MetricsSink::OnCreate(int64_t time_us, int /*cpu*/, const TraceTask& task,
                           bool runnable) {
  Account& account = accounts_.emplace_back();
  latencies_.emplace_back();
  names_.push_back(task.name);
  if (!runnable) return;
  account.start_us = time_us;
  StartWaiting(account, time_us);
}

void MetricsSink::OnWakeup(int64_t time_us, int /*cpu*/, const TraceTask& task,
                           const TraceTask* /*waker*/) {
  Account& account = Of(task);
  if (account.start_us < 0) account.start_us = time_us;
  account.woken_us = time_us;
  // A task that blocked at this instant still has the CPU.
  if (!account.running) StartWaiting(account, time_us);
}

void MetricsSink::OnBurstEnd(int64_t /*time_us*/, const TraceTask& task) {
  ++Of(task).bursts;
}

void MetricsSink::OnSwitch(const SwitchEvent& event) {
  ++result_.switches;
  if (event.prev != nullptr) {
    Account& prev = Of(*event.prev);
    prev.running = false;
    // The task blocked, was woken and was chosen again, all at one instant.
    if (prev.woken_us < event.time_us) Answer(*event.prev, prev.woken_us);
    prev.cpu_us += event.time_us - prev.since_us;
    switch (event.prev_state) {
      case 'R':
        if (event.cause == Cause::kSliceEnd || event.cause == Cause::kWakeup) {
          ++prev.preemptions;
        }
        StartWaiting(prev, event.time_us);
        break;
      case 'X':
        prev.turnaround_us = event.time_us - prev.start_us;
        ++result_.exited;
        break;
      default:
        break;
    }
  }
  if (event.next != nullptr) {
    Account& next = Of(*event.next);
    StopWaiting(next, event.time_us);
    Answer(*event.next, event.time_us);
    ++next.switches;
    next.running = true;
    next.since_us = event.time_us;
  }
}

void MetricsSink::OnEnd(int64_t time_us) {
  result_.elapsed_us = time_us;
  double sum = 0;
  double squares = 0;
  uint64_t bursts = 0;
  for (size_t i = 0; i < accounts_.size(); ++i) {
    Account& account = accounts_[i];
    const Histogram none;
    const Histogram& latency = latencies_[i] == nullptr ? none : *latencies_[i];
    if (account.running) account.cpu_us += time_us - account.since_us;
    StopWaiting(account, time_us);
    const auto cpu_us = static_cast<double>(account.cpu_us);
    result_.tasks.push_back(
        {.name = names_[i],
         .cpu_us = account.cpu_us,
         .share = time_us > 0 ? cpu_us / static_cast<double>(time_us) : 0,
         .switches = account.switches,
         .preemptions = account.preemptions,
         .waiting_us = account.waiting_us,
         .longest_wait_us = account.longest_wait_us,
         .wakeups = latency.count(),
         .latency_p50_us = latency.Quantile(0.5),
         .latency_p99_us = latency.Quantile(0.99),
         .latency_max_us = latency.max(),
         .bursts = account.bursts,
         .turnaround_us = account.turnaround_us});
    sum += cpu_us;
    squares += cpu_us * cpu_us;
    bursts += account.bursts;
  }
  if (squares > 0) {
    result_.fairness =
        sum * sum / (static_cast<double>(accounts_.size()) * squares);
  }
  if (time_us > 0) {
    const auto elapsed = static_cast<double>(time_us);
    result_.utilization = sum / (elapsed * result_.run.cpus);
    result_.throughput = static_cast<double>(bursts) / (elapsed / 1e6);
  }
}

// Records the latency of the last wake-up, if any: the task has the CPU.
void MetricsSink::Answer(const TraceTask& task, int64_t time_us) {
  Account& account = Of(task);
  if (account.woken_us < 0) return;
  std::unique_ptr<Histogram>& latency =
      latencies_[static_cast<size_t>(task.index)];
  if (latency == nullptr) latency = std::make_unique<Histogram>();
  latency->Add(time_us - account.woken_us);
  account.woken_us = -1;
}

void MetricsSink::StartWaiting(Account& account, int64_t time_us) {
  account.waiting = true;
  account.since_us = time_us;
}

void MetricsSink::StopWaiting(Account& account, int64_t time_us) {
  if (!account.waiting) return;
  account.waiting = false;
  const int64_t waited_us = time_us - account.since_us;
  account.waiting_us += waited_us;
  account.longest_wait_us = std::max(account.longest_wait_us, waited_us);
}

}  // namespace jiffy::sched::sim
