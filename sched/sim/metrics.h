// Metrics of a run: CPU time, latency, fairness.
#ifndef JIFFY_SCHED_SIM_METRICS_H_
#define JIFFY_SCHED_SIM_METRICS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sched/sim/histogram.h"
#include "sched/sim/trace.h"

namespace jiffy::sched::sim {

// All times in microseconds.
struct TaskMetrics {
  std::string name;
  int64_t cpu_us = 0;
  // CPU time divided by the run's time: 1 is one CPU, all the time.
  double share = 0;
  // How often it got the CPU.
  uint64_t switches = 0;
  // How often it lost the CPU while it could have continued. Yields do not
  // count.
  uint64_t preemptions = 0;
  // Time runnable but not on a CPU: the total, and the longest single wait.
  int64_t waiting_us = 0;
  int64_t longest_wait_us = 0;
  // From the wake-up until it has a CPU. See histogram.h for the quantiles'
  // error; the maximum is exact.
  uint64_t wakeups = 0;
  int64_t latency_p50_us = 0;
  int64_t latency_p99_us = 0;
  int64_t latency_max_us = 0;
  // Completed "run" events.
  uint64_t bursts = 0;
  // From its start (after its delay) to its exit; -1 if it did not exit.
  int64_t turnaround_us = -1;
};

struct RunMetrics {
  RunInfo run;
  int64_t elapsed_us = 0;
  uint64_t switches = 0;
  // Busy part of the CPUs' time.
  double utilization = 0;
  // Completed "run" events per second.
  double throughput = 0;
  // Jain's index of the tasks' CPU times: 1 if all got the same, 1/n if one of
  // n got everything. 1 if no task got any.
  double fairness = 1;
  uint64_t exited = 0;
  std::vector<TaskMetrics> tasks;
};

// Collects RunMetrics. Memory grows with the threads of a run, not with its
// length.
class MetricsSink final : public TraceSink {
 public:
  void OnStart(const RunInfo& run) override { result_.run = run; }
  void OnCreate(int64_t time_us, int cpu, const TraceTask& task,
                bool runnable) override;
  void OnWakeup(int64_t time_us, int cpu, const TraceTask& task,
                const TraceTask* waker) override;
  void OnBurstEnd(int64_t time_us, const TraceTask& task) override;
  void OnSwitch(const SwitchEvent& event) override;
  void OnEnd(int64_t time_us) override;

  // Returns the metrics. Call it after the end of the run.
  const RunMetrics& result() const { return result_; }
  // Returns the wake-up latencies of thread `index`; nullptr if it has none.
  const Histogram* latency(size_t index) const {
    return latencies_[index].get();
  }

 private:
  // Fields that change with each event are close together: with many tasks,
  // these accesses dominate the cost.
  struct Account {
    int64_t cpu_us = 0;
    int64_t waiting_us = 0;
    int64_t longest_wait_us = 0;
    uint64_t switches = 0;
    uint64_t preemptions = 0;
    uint64_t bursts = 0;
    // When the present state began.
    int64_t since_us = 0;
    int64_t start_us = -1;
    // When it was woken, if it has had no CPU since; else -1.
    int64_t woken_us = -1;
    int64_t turnaround_us = -1;
    bool running = false;
    bool waiting = false;
  };

  Account& Of(const TraceTask& task) {
    return accounts_[static_cast<size_t>(task.index)];
  }
  void StartWaiting(Account& account, int64_t time_us);
  void StopWaiting(Account& account, int64_t time_us);
  void Answer(const TraceTask& task, int64_t time_us);

  // By the task's index.
  std::vector<Account> accounts_;
  // Created at the first wake-up: in large runs most tasks may never sleep.
  std::vector<std::unique_ptr<Histogram>> latencies_;
  std::vector<std::string> names_;
  RunMetrics result_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_METRICS_H_
